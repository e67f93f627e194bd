"""The AES-GCM cases of Wycheproof, through the envelope in which every sealed field and opening lies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from muniment.spine.envelope import KEY_BYTES, NONCE_BYTES, TAG_BYTES, Tampered, open_sealed


def test_the_official_cases_are_judged_as_their_authors_judge_them(shared: Path) -> None:
    path = shared / "vectors" / "wycheproof" / "testvectors_v1" / "aes_gcm_test.json"
    if not path.is_file():
        pytest.skip("real data not found: set MUNIMENT_SHARED")
    held = json.loads(path.read_text(encoding="utf-8"))
    seen = {"valid": 0, "invalid": 0}
    for group in held["testGroups"]:
        sizes = (group["keySize"], group["ivSize"], group["tagSize"])
        if sizes != (8 * KEY_BYTES, 8 * NONCE_BYTES, 8 * TAG_BYTES):
            continue
        for case in group["tests"]:
            key, iv, ct, tag, aad = (bytes.fromhex(case[one]) for one in ("key", "iv", "ct", "tag", "aad"))
            seen[case["result"]] += 1
            sealed = b"\x01" + iv + ct + tag
            if case["result"] == "valid":
                assert open_sealed(key, sealed, aad) == bytes.fromhex(case["msg"]), case["tcId"]
            else:
                with pytest.raises(Tampered):
                    open_sealed(key, sealed, aad)
    assert seen["valid"] > 30
    assert seen["invalid"] > 20
