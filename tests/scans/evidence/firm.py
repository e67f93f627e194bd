"""Ten short documents of an invented payment firm, written by us.

Some hold clear evidence, some gaps, some contradictions. They are in the words a firm would use, not in
those of the law, so that finding something in them means something.
"""

from __future__ import annotations

INCIDENTS = """Incident response policy

1. Purpose
This policy says how Example Pay finds, sorts and handles ICT incidents.

2. Register
The security team enters every ICT-related incident and every significant cyber threat in the incident
register.
Incidents are classified by number of clients affected, duration, geographical spread, data losses and the
criticality of the services hit.

3. Personal data breaches
The data protection officer reports a personal data breach to the data protection authority within five
working days of becoming aware of it. If the breach is likely to cause a high risk for customers, they
are informed without undue delay and in plain language. Each breach is written down with its facts, its
effects and what was done about it.

4. Major incidents
Major ICT-related incidents are reported to the competent authority by the head of security. Clients
whose financial interests are hit are told without undue delay what happened and what has been done.

5. Lessons
After every major incident a review analyses the causes and names the improvements that are needed.
"""

CONTINUITY = """Continuity and backup policy

The board approves the ICT business continuity policy and looks at it again every year.
Backups of all production data are made each night. Backup copies are kept on systems that are
physically and logically separated from the source systems. The recovery time objective and the recovery
point objective are set for each function and take into account whether it is critical.

The business continuity plan and the disaster recovery plan are exercised every two years.

A crisis communication plan names who speaks to clients, staff and the press.
"""

SUPPLIERS = """Outsourcing policy

1. Strategy
The board has adopted a strategy on ICT third-party risk and reviews it regularly.

2. Register
Procurement keeps a register of information on all contracts for ICT services and updates it with each
new contract.

3. Before signing
Before a contract for ICT services is signed, procurement assesses whether the service supports a
critical or important function and carries out due diligence on the provider.

4. Contracts
Outsourcing contracts describe the services, name the countries where data are stored, set service
levels, require the vendor to cooperate with the regulators and provide for termination and notice periods.

5. Leaving
For critical services there are exit plans that have been tested.
"""

PRIVACY = """Data protection handbook

Requests of data subjects for access, rectification or erasure are answered within 45 days of receipt.
Customers can withdraw consent at any time, as easily as they gave it.

The record of processing activities lists the purposes, the categories of data subjects and of personal
data, the recipients and the envisaged time limits for erasure.

We use only processors that give sufficient guarantees. Each data processing agreement requires the
processor to act on documented instructions, to keep confidentiality, to use security measures, to allow
audits and to delete or return all data when the agreement ends.

A data protection impact assessment is carried out before any processing that is likely to result in a
high risk. The advice of the data protection officer is sought for it.

Example Pay has designated a data protection officer. The contact details are published on the website
and were communicated to the supervisory authority.
"""

AI = """Policy on the use of AI

Staff who work with AI systems get training so that they have a sufficient level of AI literacy.
Human oversight of every high-risk AI system is assigned to people with the competence, training and
authority for it.
The credit scoring system is used in accordance with its instructions for use.
Logs of high-risk AI systems are kept for three months and are then deleted.
People who talk to our chatbot are told that they are dealing with an AI system.
Texts made by AI that are published to inform the public are marked as artificially generated.
We do not use AI systems for social scoring.
"""

ACCESS = """Access control standard

Access to systems is limited to what people need for their work. Strong authentication is required for
all remote access.
Cryptographic keys are protected over their whole life. Access rights are checked every quarter.
Changes to ICT systems are recorded, tested, assessed, approved and verified before they go live.
Patches and updates follow a documented policy.
"""

RETENTION = """Retention schedule

Invoices are kept for ten years. Recordings of telephone calls are deleted after 90 days.
Application forms of people we did not hire are destroyed after six months.
"""

TESTING = """Testing programme

The programme of digital operational resilience testing includes vulnerability scans, source code
reviews, network security assessments and penetration tests. All systems that support critical functions
are tested every year by people who are independent of those who run them. Weaknesses found are ranked
and mended.
Threat-led penetration testing is carried out every five years.
"""

TRAINING = """Training plan

Every employee takes the course on ICT security awareness in the first month and again each year;
directors take it too.
Members of the board attend a yearly briefing to keep their knowledge of ICT risk up to date.
"""

CANTEEN = """House rules of the canteen

Lunch is served from noon to two o'clock. Please take your tray back to the rack within one hour.
The coffee machine is serviced every two weeks. Dogs are welcome on Fridays. The caterer keeps a
register of allergies.
"""

DOCUMENTS = {
    "incidents": INCIDENTS,
    "continuity": CONTINUITY,
    "suppliers": SUPPLIERS,
    "privacy": PRIVACY,
    "ai": AI,
    "access": ACCESS,
    "retention": RETENTION,
    "testing": TESTING,
    "training": TRAINING,
    "canteen": CANTEEN,
}
