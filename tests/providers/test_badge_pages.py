"""Links to the pages of badges, and explorers of ledgers: what is known of their addresses and answers."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers import badge_pages, explorers

UUID = "0a1b2c3d-1111-4222-8333-444455556666"
ENTITY = "l5Q9FahyTwmXIF7NqVXWYA"
DIGEST = "036df2b4b0ce29eaedb39900a1ded618e9404977"
CREDLY = f"https://www.credly.com/api/v1/obi/v2/badge_assertions/{UUID}"
ACCREDIBLE = f"https://api.accredible.com/v1/obi/badge_assertions/{UUID}"


@pytest.mark.parametrize(
    ("link", "address"),
    [
        (f"https://www.credly.com/badges/{UUID}", CREDLY),
        (f"https://www.credly.com/badges/{UUID}/public_url", CREDLY),
        (f"https://www.youracclaim.com/badges/{UUID.upper()}/linked_in_profile?x=1", CREDLY),
        (f"https://www.credential.net/{UUID}", ACCREDIBLE),
        (f"https://college.credential.net/{UUID}#gs.1", ACCREDIBLE),
        (f"https://badgr.com/public/assertions/{ENTITY}?identity__email=a%40b.example",
         f"https://api.badgr.io/public/assertions/{ENTITY}.json?v=2_0"),
        (f"https://eu.badgr.com/public/assertions/{ENTITY}", f"https://api.eu.badgr.io/public/assertions/{ENTITY}.json?v=2_0"),
        (f"https://api.badgr.io/public/assertions/{ENTITY}/image", f"https://api.badgr.io/public/assertions/{ENTITY}.json?v=2_0"),
        (f"https://badges.parchment.eu/public/assertions/{ENTITY}",
         f"https://api.badges.parchment.eu/public/assertions/{ENTITY}.json?v=2_0"),
        (f"https://www.edubadges.nl/public/assertions/{ENTITY}", f"https://api.edubadges.nl/public/assertions/{ENTITY}"),
        (f"https://openbadgefactory.com/v1/assertion/{DIGEST}.html", f"https://openbadgefactory.com/v1/assertion/{DIGEST}"),
        ("https://college.example/badge.json", "https://college.example/badge.json"),
    ],
)  # fmt: skip
def test_where_the_credential_lies(link: str, address: str) -> None:
    assert badge_pages.behind(link).address == address


@pytest.mark.parametrize(
    ("link", "platform"),
    [
        ("https://www.credly.com/users/somebody/badges", "Credly"),
        ("https://www.credly.com/org/example/badge/one", "Credly"),
        ("https://www.linkedin.com/in/somebody", "LinkedIn"),
        ("https://uk.linkedin.com/in/somebody", "LinkedIn"),
        ("https://www.credential.net/profile/somebody/wallet", "Accredible"),
    ],
)
def test_what_to_do_where_it_can_not_be_told(link: str, platform: str) -> None:
    page = badge_pages.behind(link)
    assert (page.platform, page.address) == (platform, None)
    assert page.advice.endswith(".")


@pytest.mark.parametrize(
    "link",
    [
        f"https://credly.com.attacker.example/badges/{UUID}",
        f"https://attacker.example/www.credly.com/badges/{UUID}",
        f"https://notcredential.net/{UUID}",
        f"https://xbadgr.com/public/assertions/{ENTITY}",
    ],
)
def test_hosts_that_only_look_like_a_platform_are_themselves(link: str) -> None:
    assert badge_pages.behind(link).address == link


@given(st.text(max_size=80))
def test_no_link_is_too_odd(text: str) -> None:
    badge_pages.behind(text)
    badge_pages.behind(f"https://{text}")


# --- ledgers ------------------------------------------------------------------------------------------------

TX = "ab" * 32
HASH = "cd" * 32
ESPLORA = {
    "txid": TX,
    "vin": [{"prevout": {"scriptpubkey_address": "1Address"}}],
    "vout": [{"scriptpubkey": "76a914"}, {"scriptpubkey": "6a20" + HASH}],
    "status": {"confirmed": True, "block_time": 1500000000},
}
BLOCKSCOUT = {
    "hash": "0x" + TX,
    "raw_input": "0x" + HASH,
    "from": {"hash": "0xAddress"},
    "timestamp": "2020-01-01T00:00:00.000000Z",
    "status": "ok",
}


def ask(kind: str, answer: object) -> dict[str, str]:
    explorer = explorers.parse([f"someChain={kind}:https://explorer.example/api/"])["someChain"]
    facts: dict[str, str] = json.loads(explorer.facts(json.dumps(answer).encode(), TX))
    return facts


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("esplora", f"https://explorer.example/api/tx/{TX}"),
        ("blockscout", f"https://explorer.example/api/api/v2/transactions/0x{TX}"),
        ("plain", f"https://explorer.example/api/{TX}"),
    ],
)
def test_where_explorers_are_asked(kind: str, address: str) -> None:
    assert explorers.parse([f"c={kind}:https://explorer.example/api"])["c"].address(TX) == address


def test_five_facts_of_every_kind() -> None:
    esplora = ask("esplora", ESPLORA)
    assert esplora == {
        "chain": "someChain",
        "transaction": TX,
        "remoteHash": HASH,
        "issuingAddress": "1Address",
        "time": "2017-07-14T02:40:00+00:00",
    }
    assert ask("blockscout", BLOCKSCOUT)["issuingAddress"] == "0xAddress"
    assert ask("plain", {**esplora, "more": 1}) == esplora


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("esplora", {**ESPLORA, "txid": "00" * 32}),
        ("esplora", {**ESPLORA, "status": {"confirmed": False}}),
        ("esplora", {**ESPLORA, "vout": []}),
        ("esplora", {**ESPLORA, "vout": [*ESPLORA["vout"], {"scriptpubkey": "6a20" + TX}]}),  # type: ignore[misc]
        ("blockscout", {**BLOCKSCOUT, "status": "error"}),
        ("blockscout", {}),
        ("plain", []),
        ("plain", {"transaction": TX}),
    ],
)
def test_an_answer_that_is_not_one_is_refused(kind: str, answer: object) -> None:
    with pytest.raises(ValueError, match="answer"):
        ask(kind, answer)


@pytest.mark.parametrize("text", ["chain", "a=b:https://x.example", "a=esplora:http://x.example", "=esplora:https://x"])
def test_an_explorer_that_can_not_be_used_is_named(text: str) -> None:
    with pytest.raises(explorers.BadExplorer, match="CHAIN=KIND"):
        explorers.parse([text])
