"""Small acts of our own under the numbers of real ones, so that the rule tables find the words they quote."""

from __future__ import annotations

from tests.scans.duties.written import written_act

from muniment.scans.evidence import ActInput

BREACH = (
    "In the case of a personal data breach, the controller shall, not later than 72 hours after having "
    "become aware of it, notify the personal data breach to the supervisory authority."
)
PRIVACY = """
## 5 Principles
1. Personal data shall be kept tidy.
2. The controller shall be responsible for paragraph 1.
## 12 Requests
3. The controller shall answer a request of the data subject within one month of receipt of the request.
## 28 Processors
1. The controller shall use only processors providing guarantees.
3. That contract or other legal act shall stipulate that the processor:
(a) acts on documented instructions;
(d) asks before it takes another processor;
(h) allows audits.
## 33 Breaches
1. BREACH
5. The controller shall document any personal data breaches, their facts and effects.
""".replace("BREACH", BREACH)
RESILIENCE = """
## 11 Continuity
6. Financial entities shall:
(a) test the ICT business continuity plans at least yearly;
(b) keep a list of telephone numbers.
## 17 Register
2. Financial entities shall record all ICT-related incidents and significant cyber threats.
"""


def acts() -> list[ActInput]:
    """Return the two acts with made-up snapshot digests."""
    return [
        ActInput(written_act(RESILIENCE, celex="32022R2554"), "d" * 64),
        ActInput(written_act(PRIVACY, celex="32016R0679"), "e" * 64),
    ]
