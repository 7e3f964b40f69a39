# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Addresses (docs/semantics.md#address-1 to #address-4), without Python objects but for
`address_canonical`."""

from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcmp, memcpy, memset

from _base58 cimport BASE58_MAX_ENCODED, base58_decode, base58_encode
from _keccak cimport keccak256
from _ripemd160 cimport ripemd160
from _sha256 cimport sha256
from _storage cimport ascii_text

cdef enum:
    ADDRESS_ANYWHERE = 0x80
    ADDRESS_EVERYWHERE = 0x81
    ADDRESS_ETH_NUMBER_LE = 9527  # what the original definition gave every ETH address
    ADDRESS_MAX_CHARACTERS = 42
    ADDRESS_MAX_BTC = 35

cdef enum AddressForm:
    ADDRESS_BTC
    ADDRESS_ETH
    ADDRESS_BROADCAST

cdef struct Address:
    AddressForm form
    uint8_t network
    uint8_t[20] digest  # zeros for broadcast
    uint32_t number
    uint32_t number_le
    uint8_t[42] eth  # the EIP-55 spelling of an ETH address


cdef inline void address_check_code(const uint8_t *body, uint8_t *digest) noexcept nogil:
    """The check code of 21 bytes is the first 4 of the 32 written to `digest`."""
    sha256(body, 21, digest)
    sha256(digest, 32, digest)


cdef inline Py_ssize_t address_derive(
    const uint8_t *fingerprint, size_t size, uint8_t network, uint8_t *text
) noexcept nogil:
    """Characters of the BTC style address written to `text`, at most ADDRESS_MAX_BTC."""
    cdef uint8_t[32] hashed
    cdef uint8_t[20] digest
    sha256(fingerprint, size, hashed)
    ripemd160(hashed, 32, digest)
    return address_format(digest, network, text)


cdef inline Py_ssize_t address_format(
    const uint8_t *digest, uint8_t network, uint8_t *text
) noexcept nogil:
    """Like `address_derive`, of the 20 bytes that an address holds."""
    cdef uint8_t[25] data
    cdef uint8_t[32] hashed
    data[0] = network
    memcpy(data + 1, digest, 20)
    address_check_code(data, hashed)
    memcpy(data + 21, hashed, 4)
    return base58_encode(data, 25, text)


cdef inline void address_eip55(const uint8_t *lower, uint8_t *text) noexcept nogil:
    """The EIP-55 spelling of 40 lower-case hex digits; both have 40 characters."""
    cdef uint8_t[32] hashed
    cdef int i
    keccak256(lower, 40, hashed)
    for i in range(40):
        text[i] = lower[i]
        if lower[i] >= c'a' and (hashed[i >> 1] >> (0 if i & 1 else 4)) & 8:
            text[i] = lower[i] - 32


cdef inline void address_derive_eth(const uint8_t *point, uint8_t *text) noexcept nogil:
    """The 42 characters of the ETH address of 64 bytes X | Y."""
    cdef uint8_t[32] hashed
    cdef uint8_t[40] lower
    cdef int i, nibble
    keccak256(point, 64, hashed)
    for i in range(40):
        nibble = (hashed[12 + (i >> 1)] >> (0 if i & 1 else 4)) & 15
        lower[i] = <uint8_t>(nibble + (c'0' if nibble < 10 else c'a' - 10))
    text[0] = c'0'
    text[1] = c'x'
    address_eip55(lower, text + 2)


cdef inline bint address_parse_btc(
    const uint8_t *text, Py_ssize_t size, Address *address
) noexcept nogil:
    cdef uint8_t[ADDRESS_MAX_BTC] data
    cdef uint8_t[32] digest
    if base58_decode(text, size, data) != 25:
        return False
    address_check_code(data, digest)
    if memcmp(digest, data + 21, 4) != 0:
        return False
    address.form = ADDRESS_BTC
    address.network = data[0]
    memcpy(address.digest, data + 1, 20)
    address.number = (
        (<uint32_t>data[21] << 24) | (<uint32_t>data[22] << 16)
        | (<uint32_t>data[23] << 8) | data[24]
    )
    address.number_le = (
        (<uint32_t>data[24] << 24) | (<uint32_t>data[23] << 16)
        | (<uint32_t>data[22] << 8) | data[21]
    )
    return True


cdef inline bint address_parse_eth(const uint8_t *text, Address *address) noexcept nogil:
    """`text` has 42 characters."""
    cdef uint8_t[40] lower
    cdef bint has_lower = False, has_upper = False
    cdef uint8_t character, nibble
    cdef int i
    if text[0] != c'0' or text[1] != c'x':
        return False
    memset(address.digest, 0, 20)
    for i in range(40):
        character = text[2 + i]
        if c'0' <= character <= c'9':
            nibble = character - c'0'
        elif c'a' <= character <= c'f':
            nibble = character - c'a' + 10
            has_lower = True
        elif c'A' <= character <= c'F':
            nibble = character - c'A' + 10
            character += 32
            has_upper = True
        else:
            return False
        lower[i] = character
        address.digest[i >> 1] |= nibble << (0 if i & 1 else 4)
    address.eth[0] = c'0'
    address.eth[1] = c'x'
    address_eip55(lower, address.eth + 2)
    if has_lower and has_upper and memcmp(text, address.eth, 42) != 0:
        return False
    address.form = ADDRESS_ETH
    address.network = 0
    address.number = (
        (<uint32_t>address.digest[16] << 24) | (<uint32_t>address.digest[17] << 16)
        | (<uint32_t>address.digest[18] << 8) | address.digest[19]
    )
    address.number_le = ADDRESS_ETH_NUMBER_LE
    return True


cdef inline bint address_parse_broadcast(
    const uint8_t *text, Py_ssize_t size, Address *address
) noexcept nogil:
    cdef const char *word = "anywhere" if size == 8 else "everywhere"
    cdef Py_ssize_t i
    for i in range(size):
        # Setting this bit makes upper case lower, and a lower-case letter of nothing else.
        if text[i] | 0x20 != <uint8_t>word[i]:
            return False
    address.form = ADDRESS_BROADCAST
    address.network = ADDRESS_ANYWHERE if size == 8 else ADDRESS_EVERYWHERE
    memset(address.digest, 0, 20)
    address.number = 0
    address.number_le = 0
    return True


cdef inline bint address_parse(
    const uint8_t *text, Py_ssize_t size, Address *address
) noexcept nogil:
    """Whether `text` is an address; if so, what it says. Bytes above 0x7f belong to none."""
    if 26 <= size <= ADDRESS_MAX_BTC:
        return address_parse_btc(text, size, address)
    if size == ADDRESS_MAX_CHARACTERS:
        return address_parse_eth(text, address)
    if size == 8 or size == 10:
        return address_parse_broadcast(text, size, address)
    return False


cdef inline object address_canonical(object text, const Address *address):
    """The canonical text of an address that was parsed from `text`."""
    if address.form == ADDRESS_BTC:
        return text
    if address.form == ADDRESS_ETH:
        return ascii_text(address.eth, ADDRESS_MAX_CHARACTERS)
    return "everywhere" if address.network == ADDRESS_EVERYWHERE else "anywhere"
