"""A proof file with four signatures, four programs that judge it (one is ours), and its mutations."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dnsid import c2sp_tlog
from proofbundle.tlogproof import verify_tlog_proof
from tests.proof.small_log import NOON, make_log
from tlog_scales.signing import Vkey
from tlog_scales.tlog import Checkpoint as TheirCheckpoint
from tlog_scales.tlog import InclusionProof
from tlog_scales.utils import b64dec
from tlog_scales.utils import sha256 as their_sha256

from muniment.proof.checkpoint import Checkpoint, parse_checkpoint
from muniment.proof.errors import Malformed
from muniment.proof.merkle import leaf_hash
from muniment.proof.note import parse_note, write_note
from muniment.proof.policy import parse_policy, witnessed
from muniment.proof.signer import cosign, sign_checkpoint, signer_from_seeds
from muniment.proof.tlogproof import parse_tlog_proof, write_tlog_proof

LOG = make_log("strangers.example/log")
WITNESS = signer_from_seeds("witness.example/one", b"\x05" * 32, b"\x06" * 32)
INDEX = 4
ENTRY = LOG.entries[INDEX]
LATER_MS = (NOON.timestamp() + 3600) * 1000


def _cosigned(checkpoint: bytes) -> bytes:
    note = parse_note(checkpoint)
    return write_note(note.text, [*note.signatures, *cosign(WITNESS, parse_checkpoint(checkpoint), NOON)])


STATE = parse_checkpoint(LOG.checkpoint)
GOOD = write_tlog_proof(INDEX, LOG.proof(INDEX), _cosigned(LOG.checkpoint))
#: The same log, signed at another state: where signatures and roots are taken from that hold elsewhere.
ELSEWHERE = _cosigned(sign_checkpoint(LOG.signer, Checkpoint(STATE.origin, 7, b"\x07" * 32), NOON))
POLICY = parse_policy(
    "".join(
        [f"log {key.encode()}\n" for key in LOG.signer.keys]
        + [f"witness w{at} {key.encode()}\n" for at, key in enumerate(WITNESS.cosigner_keys)]
        + ["group both all w0 w1\nquorum both\n"]
    ).encode()
)
PLAIN, QUANTUM = (key.encode() for key in LOG.signer.keys)
COSIGNERS = [key.encode() for key in WITNESS.cosigner_keys]


def ours(raw: bytes, entry: bytes) -> bool:
    """Our own verifier, under a policy that asks for both signatures of the log and of the witness."""
    try:
        proof = parse_tlog_proof(raw)
        found = witnessed(proof.checkpoint, POLICY, LOG.signer.keys)
        if found.checkpoint.origin != LOG.signer.name or found.quorum is not True:
            return False
        proof.require(leaf_hash(entry), found.checkpoint)
    except Malformed:
        return False
    return True


def proofbundle(raw: bytes, entry: bytes) -> bool:
    """`proofbundle`: the log's Ed25519 signature, a quorum of two witness keys, inclusion."""
    try:
        text = raw.decode("utf-8")
        said = verify_tlog_proof(text, entry, PLAIN, COSIGNERS, threshold=2, expected_origin=LOG.signer.name)
    except Exception:  # noqa: BLE001  # whatever another program raises, it did not accept
        return False
    return bool(said["ok"])


def dnsid(raw: bytes, entry: bytes) -> bool:
    """`dnsid`: the log's Ed25519 signature, one Ed25519 witness, inclusion. It knows no ML-DSA-44."""
    keys = c2sp_tlog.parse_signed_note_verifier_key
    origin = c2sp_tlog.C2spTlogOriginPolicy([keys(PLAIN)], [keys(COSIGNERS[0])], quorum=1)
    policy = c2sp_tlog.C2spTlogPolicy({LOG.signer.name: origin})
    try:
        c2sp_tlog.verify_c2sp_tlog_proof(
            entry, raw.decode("utf-8"), policy, origin=LOG.signer.name, now_ms=LATER_MS
        )
    except Exception:  # noqa: BLE001  # as above
        return False
    return True


def scales(raw: bytes, entry: bytes) -> bool:
    """`tlog-scales`: all four signatures and inclusion. It has no reader of proof files: we cut the file for it."""
    try:
        head, _, checkpoint = raw.decode("utf-8").partition("\n\n")
        _, index, *hashes = head.split("\n")
        state = TheirCheckpoint.from_text(checkpoint)
        for key in (PLAIN, QUANTUM, *COSIGNERS):
            state.verify(Vkey.from_string(key))
        if state.origin != LOG.signer.name:
            return False
        proof = InclusionProof(int(index.removeprefix("index ")), state.size, [b64dec(one) for one in hashes])
        proof.check(their_sha256(b"\x00" + entry), state.root_hash)
    except Exception:  # noqa: BLE001  # as above
        return False
    return True


JUDGES: dict[str, Callable[[bytes, bytes], bool]] = {
    "muniment": ours,
    "proofbundle": proofbundle,
    "dnsid": dnsid,
    "tlog-scales": scales,
}


@dataclass(frozen=True)
class Mutation:
    """One thing that was changed: what, in which part, and the file and entry as they are now."""

    what: str
    raw: bytes
    entry: bytes = ENTRY


def _line_name(lines: list[str], at: int) -> str:
    blank = lines.index("")
    end = lines.index("", blank + 1)
    if at == 0:
        return "magic"
    if at == 1:
        return "index"
    if at < blank:
        return f"hash {at - 2}"
    if at in (blank, end):
        return "empty line"
    if at < end:
        return ("origin", "size", "root")[at - blank - 1]
    return ("log ed25519", "log mldsa44", "witness ed25519", "witness mldsa44")[at - end - 1]


def _flipped(line: str, at: int) -> str:
    # Far apart in the alphabet: the last letter of a base64 line has bits that nobody reads.
    letter = "A" if line[at] not in "ABCD" else "Q"
    return line[:at] + letter + line[at + 1 :]


def _slack(line: str) -> str | None:
    """Return a base64 line in another spelling of the same bytes, if its length leaves room for one."""
    pad = len(line) - len(line.rstrip("="))
    if not pad:
        return None
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = line.rstrip("=")[-1]
    return line.rstrip("=")[:-1] + letters[letters.index(last) + 1] + "=" * pad


def of_lines() -> Iterator[Mutation]:
    """Each line dropped, doubled, exchanged, bent, padded and spelt otherwise."""
    lines = GOOD.decode().split("\n")
    last = len(lines) - 1

    def made(what: str, at: int, *now: str) -> Mutation:
        raw = "\n".join([*lines[:at], *now, *lines[at + 1 :]]).encode()
        return Mutation(f"{_line_name(lines, at)}: {what}", raw)

    for at, line in enumerate(lines[:last]):
        yield made("dropped", at)
        # A signature that stands twice is one signature (C2SP signed-note).
        if _line_name(lines, at).split()[0] not in ("log", "witness"):
            yield made("doubled", at, line, line)
        yield made("a space behind", at, line + " ")
        yield made("a space before", at, " " + line)
        yield made("a carriage return behind", at, line + "\r")
        yield made("a tab behind", at, line + "\t")
        if line:
            yield made("emptied", at, "")
            yield made("cut", at, line[:-1])
            yield made("lengthened", at, line + "A")
            for place in sorted({0, len(line) // 3, len(line) // 2, len(line) - 5, len(line) - 2}):
                if 0 <= place < len(line):
                    yield made(f"letter {place} is another", at, _flipped(line, place))
        words = line.split(" ")
        encoded = words[-1]
        spelt = _slack(encoded) if len(encoded) > 40 else None
        if spelt is not None:
            yield made("other spelling of the same base64", at, " ".join([*words[:-1], spelt]))
        if encoded.endswith("=") and len(encoded) > 40:
            yield made("base64 without padding", at, line.rstrip("="))
        if len(encoded) > 40 and ("+" in encoded or "/" in encoded):
            other = encoded.replace("+", "-").replace("/", "_")
            yield made("base64 in the alphabet of addresses", at, " ".join([*words[:-1], other]))
    for at in range(last - 1):
        one, two = lines[at], lines[at + 1]
        names = (_line_name(lines, at), _line_name(lines, at + 1))
        # Signatures may stand in any order.
        if one != two and not all(name.split()[0] in ("log", "witness") for name in names):
            raw = "\n".join([*lines[:at], two, one, *lines[at + 2 :]]).encode()
            yield Mutation(f"{names[0]}: exchanged with the next line", raw)


def _with(line: str, now: str) -> bytes:
    text = GOOD.decode()
    assert text.count(f"\n{line}\n") == 1
    return text.replace(f"\n{line}\n", f"\n{now}\n").encode()


def of_values() -> Iterator[Mutation]:
    """Values that are well written and untrue, or written in a second way."""
    for now in ("0", "3", "5", "12", "13", "99999", "-4", "+4", "04", "4.0", "0x4", "", "4 4", "٤", "1" * 30):
        yield Mutation(f"index: {now or 'nothing'}", _with("index 4", f"index {now}"))
    root = base64.b64encode(STATE.root).decode()
    for now in ("0", "5", "12", "14", "-13", "+13", "013", "13.0", "", "1 3", "9" * 30):
        yield Mutation(f"size: {now or 'nothing'}", _with(f"13\n{root}", f"{now}\n{root}"))
    for raw in (b"\x00" * 32, STATE.root[::-1], STATE.root[:31], STATE.root + b"\x00", LOG.proof(INDEX)[0]):
        yield Mutation("root: another", _with(root, base64.b64encode(raw).decode()))
    for now in ("other.example/log", LOG.signer.name + "x", LOG.signer.name.upper(), WITNESS.name):
        yield Mutation("origin: another", _with(f"{LOG.signer.name}\n13", f"{now}\n13"))
    yield Mutation("a line more in the text", _with(root, f"{root}\nextension"))
    hashes = LOG.proof(INDEX)
    good = parse_tlog_proof(GOOD)
    for number in range(len(hashes)):
        for what, one in (
            ("zero", b"\x00" * 32),
            ("reversed", hashes[number][::-1]),
            ("the leaf", leaf_hash(ENTRY)),
        ):
            bent = [*hashes[:number], one, *hashes[number + 1 :]]
            yield Mutation(f"hash {number}: {what}", write_tlog_proof(INDEX, bent, good.checkpoint))
    for index in (0, 3, 5, 12):
        yield Mutation("hashes of another entry", write_tlog_proof(INDEX, LOG.proof(index), good.checkpoint))
        moved = write_tlog_proof(index, LOG.proof(index), good.checkpoint)
        yield Mutation("the proof of another entry", moved)
    yield Mutation("hashes: reversed", write_tlog_proof(INDEX, hashes[::-1], good.checkpoint))
    yield Mutation("hashes: none", write_tlog_proof(INDEX, [], good.checkpoint))
    yield Mutation("hashes: more than a tree is deep", write_tlog_proof(INDEX, hashes * 12, good.checkpoint))
    yield Mutation("checkpoint: another state", write_tlog_proof(INDEX, hashes, ELSEWHERE))


def of_signatures() -> Iterator[Mutation]:
    """Signatures that are stripped, exchanged, renamed or of another state."""
    note, other = parse_note(parse_tlog_proof(GOOD).checkpoint), parse_note(ELSEWHERE)
    names = ("log ed25519", "log mldsa44", "witness ed25519", "witness mldsa44")

    def made(what: str, lines: list[str]) -> Mutation:
        head = GOOD.partition(b"\n\n")[0].decode()
        return Mutation(what, f"{head}\n\n{note.text}\n{''.join(lines)}".encode())

    held = [one.encode() for one in note.signatures]
    yield made("signatures: all stripped", [])
    yield made("signatures: those of the log stripped", held[2:])
    yield made("signatures: those of the witness stripped", held[:2])
    for at, name in enumerate(names):
        one, theirs = note.signatures[at], other.signatures[at]
        rest = (held[:at], held[at + 1 :])
        swapped = one.encode().replace(one.name, "somebody.example")
        keyed = type(one)(one.name, bytes([one.key_id[0] ^ 1, *one.key_id[1:]]), one.raw).encode()
        borrowed = type(one)(one.name, one.key_id, note.signatures[(at + 2) % 4].raw).encode()
        yield made(f"{name}: of another state", [*rest[0], theirs.encode(), *rest[1]])
        yield made(f"{name}: under another name", [*rest[0], swapped, *rest[1]])
        yield made(f"{name}: under another key id", [*rest[0], keyed, *rest[1]])
        yield made(f"{name}: the bytes of another signature", [*rest[0], borrowed, *rest[1]])
        for what, raw in (
            ("empty", b""),
            ("zero", bytes(len(one.raw))),
            ("cut", one.raw[:-1]),
            ("longer", one.raw + b"\0"),
            ("another second", one.raw[:7] + bytes([one.raw[7] ^ 1]) + one.raw[8:]),
        ):
            yield made(f"{name}: {what}", [*rest[0], type(one)(one.name, one.key_id, raw).encode(), *rest[1]])
        dash = one.encode().replace("—", "-")
        yield made(f"{name}: with a hyphen for the dash", [*rest[0], dash, *rest[1]])


def of_files() -> Iterator[Mutation]:
    """The file as a whole, and the entry."""
    for what, raw in (
        ("cut by a byte", GOOD[:-1]),
        ("cut in half", GOOD[: len(GOOD) // 2]),
        ("empty", b""),
        ("a line more", GOOD + b"\n"),
        ("words behind", GOOD + b"words\n"),
        ("a mark of byte order", b"\xef\xbb\xbf" + GOOD),
        ("a NUL behind", GOOD + b"\0"),
        ("a byte that is no UTF-8", GOOD + b"\xff\n"),
        ("lines as in MS-DOS", GOOD.replace(b"\n", b"\r\n")),
        ("twice", GOOD + GOOD),
        ("version 2", GOOD.replace(b"@v1", b"@v2")),
        ("extra that is no base64", GOOD.replace(b"\nindex", b"\nextra ***\nindex")),
    ):
        yield Mutation(f"file: {what}", raw)
    for at in (0, len(ENTRY) // 2, len(ENTRY) - 1):
        bent = ENTRY[:at] + bytes([ENTRY[at] ^ 1]) + ENTRY[at + 1 :]
        yield Mutation("entry: a bit flipped", GOOD, bent)
    for index in (0, 3, 5, 12):
        yield Mutation("entry: another one", GOOD, LOG.entries[index])
    for what, entry in (
        ("empty", b""),
        ("cut", ENTRY[:-1]),
        ("longer", ENTRY + b" "),
        ("as two hashes", LOG.proof(INDEX)[0] + leaf_hash(ENTRY)),
    ):
        yield Mutation(f"entry: {what}", GOOD, entry)


def every() -> list[Mutation]:
    """Return every mutation, each file and entry once."""
    found: dict[tuple[bytes, bytes], Mutation] = {(GOOD, ENTRY): Mutation("", GOOD)}
    for part in (of_lines(), of_values(), of_signatures(), of_files()):
        for one in part:
            found.setdefault((one.raw, one.entry), one)
    return list(found.values())[1:]
