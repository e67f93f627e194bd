"""What a person found in the ten documents for 115 duties of three acts, before any program was asked.

``E doc`` the document speaks about the duty; ``C doc`` it contradicts it; ``N`` nothing in the documents.
Every twenty-sixth binding duty of the acts is in it, so that it is not made of easy ones; those near a
passage without being covered by it ("somebody should look") were left out of the measurement.
"""

from __future__ import annotations

D, G, A = "32022R2554", "32016R0679", "32024R1689"

_ROWS = {
    D: """
art_11.par_6.pnt_a#1 C continuity | art_26.par_1#1 C testing
art_17.par_2#1 E incidents | art_18.par_1#1 E incidents | art_19.par_1#1 E incidents
art_19.par_3#1 E incidents
art_13.par_2#1 E incidents | art_5.par_2.pnt_e#1 E continuity | art_12.par_3#1 E continuity
art_12.par_6#1 E continuity | art_14.par_1#1 E continuity | art_28.par_2#1 E suppliers
art_28.par_3#1 E suppliers | art_28.par_4.pnt_a#1 E suppliers | art_28.par_4.pnt_d#1 E suppliers
art_28.par_8#1 E suppliers | art_28.par_8#3 E suppliers | art_30.par_2.pnt_a#1 E suppliers
art_30.par_2.pnt_b#1 E suppliers | art_30.par_2.pnt_e#1 E suppliers | art_30.par_2.pnt_g#1 E suppliers
art_30.par_2.pnt_h#1 E suppliers | art_9.par_4.pnt_c#1 E access | art_9.par_4.pnt_d#1 E access
art_9.par_4.pnt_e#1 E access | art_9.par_4.pnt_f#1 E access | art_24.par_4#1 E testing
art_24.par_5#1 E testing | art_24.par_6#1 E testing | art_25.par_1#1 E testing
art_13.par_6#1 E training | art_13.par_6#2 E training | art_5.par_4#1 E training
art_5.par_2.pnt_b#1 N | art_6.par_8.pnt_a#1 N | art_9.par_3.pnt_b#1 N | art_11.par_5#3 N | art_12.par_6#2 N
art_28.par_1.pnt_b#1 N | art_29.par_1#1 N | art_30.par_3.pnt_f.pnt_ii#1 N | art_30.par_2.pnt_c#1 N
art_30.par_2.pnt_d#1 N | art_30.par_2.pnt_f#1 N | art_30.par_2.pnt_i#1 N | art_12.par_3#3 N
art_28.par_4.pnt_b#1 N | art_28.par_4.pnt_e#1 N | art_11.par_7#1 N
""",
    G: """
art_33.par_1#1 C incidents | art_12.par_3#1 C privacy
art_33.par_5#1 E incidents | art_34.par_1#1 E incidents | art_7.par_3#1 E privacy | art_7.par_3#4 E privacy
art_28.par_1#1 E privacy | art_28.par_3.pnt_a#1 E privacy | art_28.par_3.pnt_b#1 E privacy
art_28.par_3.pnt_c#1 E privacy | art_28.par_3.pnt_g#1 E privacy | art_28.par_3.pnt_h#1 E privacy
art_30.par_1#1 E privacy | art_30.par_1.pnt_b#1 E privacy | art_30.par_1.pnt_c#1 E privacy
art_30.par_1.pnt_d#1 E privacy | art_30.par_1.pnt_f#1 E privacy | art_35.par_1#1 E privacy
art_35.par_2#1 E privacy | art_37.par_1#1 E privacy | art_37.par_7#1 E privacy
art_14.par_2.pnt_a#1 N | art_27.par_3#1 N | art_30.par_1.pnt_a#1 N | art_30.par_1.pnt_e#1 N
art_30.par_1.pnt_g#1 N | art_38.par_3#3 N | art_82.par_5#1 N | art_28.par_3.pnt_d#1 N | art_28.par_3.pnt_e#1 N
art_28.par_3.pnt_f#1 N | art_33.par_2#1 N | art_36.par_3.pnt_d#1 N | art_35.par_9#1 N | art_19#1 N
art_32.par_4#1 N | art_13.par_2.pnt_f#1 N
""",
    A: """
art_26.par_6#1 C ai | art_19.par_1#2 C ai
art_4#1 E ai | art_26.par_1#1 E ai | art_26.par_2#1 E ai | art_50.par_1#1 E ai | art_50.par_4#3 E ai
art_5.par_1.pnt_e#1 N | art_9.par_8#2 N | art_12.par_3.pnt_b#1 N | art_14.par_5#1 N | art_17.par_1.pnt_e#1 N
art_22.par_1#1 N | art_24.par_2#2 N | art_26.par_10#4 N | art_47.par_3#1 N | art_53.par_1.pnt_a#1 N
art_57.par_12#1 N | art_79.par_4#1 N | art_50.par_5#2 N | art_73.par_1#1 N | art_50.par_3#1 N
art_72.par_1#1 N
art_18.par_1.pnt_a#1 N | art_9.par_1#1 N | art_10.par_3#1 N | art_16.pnt_a#1 N | art_26.par_7#1 N
art_27.par_1.pnt_a#1 N
""",
}


# Of all evidence that words alone ever proposed in the ten documents, read one by one: the passage is about
# something else, or the duty is not one of this firm. (The rest of what is proposed was found right.)
_MISLED = {
    D: """
art_5.par_2.pnt_g#1 art_11.par_6.pnt_b#1 art_11.par_10#1 art_12.par_5.pnt_b#1 art_13.par_1#1 art_18.par_2#1
art_19.par_1#3 art_25.par_3#1 art_26.par_2#2
""",
    G: """
art_12.par_1#1 art_13.par_1.pnt_e#1 art_14.par_1.pnt_e#1 art_19#1 art_33.par_3.pnt_b#1 art_36.par_3.pnt_d#1
""",
    A: "art_50.par_2#1",
}


def misled() -> set[tuple[str, str]]:
    """Return act and duty where a person found that the evidence proposed is none."""
    return {(act, duty) for act, text in _MISLED.items() for duty in text.split()}


def gold() -> dict[tuple[str, str], tuple[str, str]]:
    """Return act and duty with the label and the document it was found in."""
    found = {}
    for act, text in _ROWS.items():
        for cell in text.replace("\n", "|").split("|"):
            words = cell.split()
            if words:
                found[act, words[0]] = (words[1], words[2] if len(words) > 2 else "")
    return found
