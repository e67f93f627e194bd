"""Secrets that follow from a key are the published ones, and contexts do not run into each other."""

from uuid import UUID

from muniment.spine.keys import KeyFault, derive, key_context


def test_derivation_is_hkdf_sha256_without_salt() -> None:
    # openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt key:<32 k> -kdfopt info:muniment/v1/seal HKDF
    assert (
        derive(b"k" * 32, "seal").hex() == "b7423b3cad540e6753e80bb6ace38823a8b2cbd7084dc6b49cff6e2d09bab09a"
    )


def test_each_purpose_and_each_key_gives_another_secret() -> None:
    assert len({derive(b"k" * 32, "a"), derive(b"k" * 32, "b"), derive(b"j" * 32, "a")}) == 3


def test_a_context_names_tenant_and_key_and_their_order_counts() -> None:
    one, two = UUID(int=1), UUID(int=2)
    assert len({key_context(one, two), key_context(two, one), key_context(one, one)}) == 3
    assert len(key_context(one, two)) == 47


def test_the_fault_speaks_of_no_key() -> None:
    assert str(KeyFault()) == "A wrapped key does not open: changed, moved or under another key."
    assert str(KeyFault("Other words.")) == "Other words."
