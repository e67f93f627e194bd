"""The command line of the stand-alone verifier: `python verify.py FILE [--manifest FILE] [--trust FILE] [--json]`.

Rules: exit 0 when nothing failed, 1 when the pack is refused, 2 when it could not be checked (a file cannot
be read, or the arguments are wrong). Nothing is written but the report.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path

from muniment.proof.certificate import LARGEST_CERTIFICATE, verify_certificate
from muniment.proof.entryfile import verify_entry
from muniment.proof.errors import Malformed, Unreadable
from muniment.proof.examine import verify_pack
from muniment.proof.exported import LARGEST_EXPORT_MANIFEST, verify_export
from muniment.proof.honoured import ENDS, judge_copy, told_of
from muniment.proof.note import LARGEST_NOTE, parse_keys
from muniment.proof.policy import LARGEST_POLICY, parse_policy
from muniment.proof.receipt import LARGEST_RECEIPT, MOST_RECEIPTS, split_receipts
from muniment.proof.report import plain
from muniment.proof.streamfile import verify_stream
from muniment.proof.streamproof import LARGEST_STREAM
from muniment.proof.succession import LARGEST_SUCCESSION
from muniment.proof.x509 import LARGEST_CHAINS, parse_certificates

TRUE, REFUSED, NOT_KNOWN = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify a pack from the command line, print the report and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="verify.py",
        description="Verifies a Muniment proofpack, or an export of a ledger with its manifest, without network, "
        "account or trust in its maker.",
        epilog="Use the copy of this program that you already have: one inside a pack can be forged with it.",
    )
    parser.add_argument("pack", metavar="FILE", help="the pack, or the exported file")
    parser.add_argument(
        "--manifest", metavar="FILE", help="the manifest of an export; then FILE is the export"
    )
    parser.add_argument(
        "--log", metavar="FOLDER", help="the copy of a log's folder; then FILE holds receipts of that log"
    )
    parser.add_argument("--certificate", action="store_true", help="FILE is a certificate of erasure")
    parser.add_argument(
        "--stream", action="store_true", help="FILE shows that one stream of a ledger is whole"
    )
    parser.add_argument(
        "--entry", action="store_true", help="FILE holds one entry with the proof of its place and time"
    )
    parser.add_argument("--trust", metavar="FILE", help="verifier keys that you obtained apart from the pack")
    parser.add_argument(
        "--policy", metavar="FILE", help="whose witness counts for you (C2SP tlog-policy), of a pack"
    )
    parser.add_argument(
        "--authorities",
        metavar="FILE",
        help="certificates (PEM) of the time-stamp authorities that you trust, of a pack",
    )
    parser.add_argument(
        "--succession",
        metavar="FILE",
        help="how the log's keys followed each other, when FILE is of other keys than those that you trust",
    )
    parser.add_argument("--json", action="store_true", help="print the report for another program")
    chosen = parser.parse_args(arguments)
    try:
        trust = _trust(chosen.trust) if chosen.trust else None
        steps = None
        if chosen.succession:
            steps = _read(chosen.succession, "The file of the log's keys cannot be read.", LARGEST_SUCCESSION)
        if chosen.log:
            return _receipts(chosen.pack, Path(chosen.log), trust, as_json=chosen.json)
        if chosen.certificate:
            certificate = _read(chosen.pack, "The certificate cannot be read.", LARGEST_CERTIFICATE)
            report = verify_certificate(certificate, trust, steps)
        elif chosen.stream:
            shown = _read(chosen.pack, "The proof of the stream cannot be read.", LARGEST_STREAM)
            report = verify_stream(shown, trust, steps)
        elif chosen.manifest:
            manifest = _read(chosen.manifest, "The manifest cannot be read.", LARGEST_EXPORT_MANIFEST)
            report = verify_export(chosen.pack, manifest, trust, steps)
        else:
            policy = _policy(chosen.policy) if chosen.policy else None
            roots = _authorities(chosen.authorities) if chosen.authorities else None
            verified = verify_entry if chosen.entry else verify_pack
            report = verified(chosen.pack, trust, policy, roots)
    except (Unreadable, Malformed) as error:
        sys.stderr.write(f"Could not be checked: {error}\n")
        return NOT_KNOWN
    told = json.dumps(report.as_json(), indent=1, sort_keys=True) + "\n" if chosen.json else report.text()
    _say(told)
    return TRUE if report.verified else REFUSED


def _receipts(name: str, folder: Path, trust: bytes | None, *, as_json: bool) -> int:
    if trust is None:
        raise Unreadable(
            "A receipt is held against a log with keys that were obtained apart from both: --trust."
        )
    raw = _read(name, "The receipts cannot be read.", LARGEST_RECEIPT * MOST_RECEIPTS)
    judged = [judge_copy(one, folder, parse_keys(trust)) for one in split_receipts(raw)]
    if as_json:
        told = {"receipts": [told_of(receipt, verdict) for receipt, verdict in judged]}
        _say(json.dumps(told, indent=1, sort_keys=True) + "\n")
    else:
        _say(
            "".join(
                f"{one.entry}: {verdict.state.upper()}. {plain(verdict.said)}\n" for one, verdict in judged
            )
        )
    ends = {ENDS[verdict.state] for _, verdict in judged}
    return REFUSED if REFUSED in ends else max(ends)


def _say(told: str) -> None:
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.stdout.write(told)


def _trust(name: str) -> bytes:
    raw = _read(name, "The file of trusted keys cannot be read.", LARGEST_NOTE)
    parse_keys(raw)
    return raw


def _policy(name: str) -> bytes:
    raw = _read(name, "The policy cannot be read.", LARGEST_POLICY)
    parse_policy(raw)
    return raw


def _authorities(name: str) -> bytes:
    raw = _read(name, "The certificates of authorities cannot be read.", LARGEST_CHAINS)
    parse_certificates(raw, LARGEST_CHAINS)
    return raw


def _read(name: str, trouble: str, most: int) -> bytes:
    try:
        with Path(name).open("rb") as file:
            return file.read(most + 1)
    except OSError:
        raise Unreadable(trouble) from None
