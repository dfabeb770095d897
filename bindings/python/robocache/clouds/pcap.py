# SPDX-License-Identifier: Apache-2.0
"""UDP datagrams out of a packet capture: classic pcap, IPv4, fragments put together."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from ..recording import RecordingError

_MAGICS = {
    b"\xd4\xc3\xb2\xa1": "<",
    b"\xa1\xb2\xc3\xd4": ">",
    b"\x4d\x3c\xb2\xa1": "<",  # Stamps in nanoseconds, which nothing here reads.
    b"\xa1\xb2\x3c\x4d": ">",
}
_PCAPNG_MAGIC = b"\x0a\x0d\x0d\x0a"
_LINK_HEADERS = {0: 4, 1: 14, 12: 0, 101: 0, 113: 16, 228: 0, 276: 20}
"""Bytes before the IP packet by link type: null, Ethernet, raw (3), Linux cooked, version 1, 2."""
_ETHERNET, _VLAN = 1, (0x8100, 0x88A8)
_UDP = 17
_MORE_FRAGMENTS, _FRAGMENT_OFFSET = 0x2000, 0x1FFF


def datagrams(path: Path) -> Iterator[bytes]:
    """The payload of each UDP datagram, in the order of the capture.

    A capture that ends within a packet, or whose packets were cut while capturing, is an error;
    a datagram of which a fragment is missing was lost on its way, and is left out.
    """
    with path.open("rb") as file:
        header = file.read(24)
        if header.startswith(_PCAPNG_MAGIC):
            raise RecordingError(
                path, "expected a classic pcap, got pcapng; `editcap -F pcap` converts it"
            )
        order = _MAGICS.get(header[:4])
        if order is None or len(header) < 24:
            raise RecordingError(path, "not a pcap file, or cut within its header")
        link = struct.unpack(order + "I", header[20:24])[0] & 0xFFFF
        if link not in _LINK_HEADERS:
            raise RecordingError(path, f"packets of link type {link}, which is not known here")
        fragments: dict[bytes, dict[int, bytes]] = {}
        lengths: dict[bytes, int] = {}
        while record := file.read(16):
            if len(record) == 16:
                _, _, kept, sent = struct.unpack(order + "IIII", record)
                packet = file.read(kept)
            if len(record) < 16 or len(packet) < kept:
                raise RecordingError(path, "truncated: the file ends within a packet")
            if kept < sent:
                raise RecordingError(
                    path, f"packets were cut when captured: {kept} of {sent} bytes are there"
                )
            payload = _datagram(_network(packet, link), fragments, lengths)
            if payload is not None:
                yield payload


def _network(packet: bytes, link: int) -> bytes:
    """What follows the header of the link."""
    begin = _LINK_HEADERS[link]
    if link == _ETHERNET and int.from_bytes(packet[12:14], "big") in _VLAN:
        begin += 4
    return packet[begin:]


def _datagram(
    packet: bytes, fragments: dict[bytes, dict[int, bytes]], lengths: dict[bytes, int]
) -> bytes | None:
    """The payload that this IP packet completes, if it does."""
    if len(packet) < 20 or packet[0] >> 4 != 4 or packet[9] != _UDP:
        return None
    head = 4 * (packet[0] & 15)
    total, _, place = struct.unpack(">HHH", packet[2:8])
    body = packet[head : total or None]
    offset = 8 * (place & _FRAGMENT_OFFSET)
    if offset == 0 and not place & _MORE_FRAGMENTS:
        return _payload(body)
    key = packet[4:6] + packet[12:20]  # Identification, source, destination.
    parts = fragments.setdefault(key, {})
    if offset in parts:  # An identification comes again, and one before was not completed.
        parts.clear()
        lengths.pop(key, None)
    parts[offset] = body
    if not place & _MORE_FRAGMENTS:
        lengths[key] = offset + len(body)
    if sum(map(len, parts.values())) != lengths.get(key):
        return None
    del fragments[key], lengths[key]
    return _payload(b"".join(parts[offset] for offset in sorted(parts)))


def _payload(udp: bytes) -> bytes:
    return udp[8 : int.from_bytes(udp[4:6], "big") or None]
