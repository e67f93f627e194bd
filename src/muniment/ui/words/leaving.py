"""What of this installation leaves the house, as the foot of every page says it.

Rules: it is said from the settings alone, since every way out is closed unless they open it; nothing that is set to go
out is left unsaid, and "nothing" is said only where nothing may.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from muniment.spine.config import Settings


def leaving(of: Settings) -> list[str]:
    """Return what is sent elsewhere, one sentence each; that nothing is, when nothing may.

    Somebody who reads a page here must not be told that it all stays while a collector gets the ledger's entries.
    """
    told = []
    if of.otlp_address:
        told.append(
            _("Entries of the ledger are set to be sent on to the collector %(host)s.")
            % {"host": urlsplit(of.otlp_address).netloc}
        )
    asked = [words[0] for line in of.timestamp_authorities if (words := line.split())[1:2] != ["-"]]
    if asked:
        told.append(
            ngettext(
                "A digest of the ledger is set to be time-stamped by %(names)s.",
                "Digests of the ledger are set to be time-stamped by %(names)s.",
                len(asked),
            )
            % {"names": ", ".join(asked)}
        )
    if of.witness_policy or of.witnesses.is_file():
        told.append(
            _(
                "Signed heads of the ledger are set to go to witnesses, and its sealed entries to who keeps a copy."
            )
            if of.witness_mirrors
            else _("Signed heads of the ledger are set to go to witnesses.")
        )
    hosts = [urlsplit(one).netloc for one in dict.fromkeys((*of.allow_egress, *of.allow_egress_private))]
    if hosts and not told:
        told.append(_("This installation may call %(hosts)s.") % {"hosts": ", ".join(hosts)})
    return told or [_("Nothing is sent elsewhere.")]
