"""Every limit of credential verification, in one place; each is checked before the work it bounds begins.

They are far above what genuine credentials need (the largest sealed diploma known to us has 0.6 MB, the longest
proof chain four proofs) and far below what makes a process slow or large.
"""

from __future__ import annotations

PRESENTED_BYTES = 10 * 1024 * 1024
"""Bytes of a presented file."""
JSON_BYTES = 4 * 1024 * 1024
"""Bytes of a JSON text, presented or fetched."""
JSON_DEPTH = 64
"""Levels of nesting in a JSON text."""
JSON_NODES = 100_000
"""Values (objects, arrays, members and scalars) in a JSON text."""
JSON_INTEGER_DIGITS = 100
"""Digits of a number in a JSON text."""
PROOFS = 16
"""Proofs of one document, and signatures of one JWS."""
PROOF_VALUE_CHARACTERS = 64 * 1024
"""Characters of one proof value or detached signature."""
CONTEXTS = 16
"""Entries of one `@context`."""
INLINE_TERMS = 1_000
"""Terms that the inline contexts of one document define."""
LINKED_NODES = 10_000
"""JSON values of a document that is read as linked data (RDF)."""
LINKED_WORK = 15_000
"""JSON values that are read as linked data or compared with a schema for one presented file, counted each time."""
LINKED_PAIRS = 1_000_000
"""Pairs of values of one property of one thing, over a document: duplicates are found by comparing them."""
CANONICAL_WORK = 10_000
"""Hashes and permutations of blank nodes (RDFC-1.0 §4.4) over one presented file, a count and no time."""
DISCLOSURES = 1_000
"""Disclosures of one SD-JWT."""
NESTED = 64
"""Credentials and endorsements inside one presented document."""
NESTED_DEPTH = 2
"""Levels of credentials inside credentials that are verified."""
INFLATED_BYTES = 16 * 1024 * 1024
"""Bytes that one compressed status list may become."""
STATUS_ENTRIES = 16
"""Entries of one `credentialStatus`."""
TOKEN_BYTES = 2 * 1024 * 1024
"""Bytes of one compact JWS, SD-JWT or COSE message."""
CERTIFICATES = 10
"""Certificates of one `x5c`."""
KEYS = 100
"""Verification methods or JWKs that are looked at in one issuer document."""
MERKLE_STEPS = 64
"""Steps of a Merkle path."""
MERKLE_PROOF_CHARACTERS = 16 * 1024
"""Characters of one Merkle proof; decoding base58 takes time that grows with the square."""
HEADER_BYTES = 64 * 1024
"""Bytes of the header of a JWS or COSE message, most of them certificates."""
CBOR_DEPTH = 8
"""Containers inside each other in CBOR. A COSE_Sign1 needs two, a Merkle proof five."""
PICTURE_CHUNKS = 10_000
"""Chunks of a PNG that are looked at."""
PICTURE_TEXT_BYTES = 4 * 1024 * 1024
"""Bytes of badge data baked into a picture, before and after inflating."""
PICTURE_BADGES = 8
"""Badges in one picture or document."""
SVG_ELEMENTS = 200_000
"""Elements of an SVG."""
SVG_DEPTH = 256
"""Levels of nesting in an SVG."""
CERTIFICATE_BYTES = 64 * 1024
"""Bytes of one certificate in DER."""
PDF_ATTACHMENTS = 16
"""Files attached to a PDF that are looked at."""
FETCHES = 32
"""Documents that the verification of one Open Badges 2.0 assertion may ask for."""
IDENTITIES = 100
"""Identities of a holder that are looked at in one credential."""
