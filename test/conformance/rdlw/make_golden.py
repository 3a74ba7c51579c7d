"""Writes the golden files beside it: frames of RedDB's spool, from the published layout alone.

Each line of a file is one field: its bytes, then what they are. Checksums are zlib's, so that
they owe nothing to the code under test. Run it only to add a file: the others stay as they are.
"""

import os
import struct
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))


class Frame:
    """Fields in the order in which they are stored."""

    def __init__(self):
        self.fields = [(b"RDLW", "magic")]

    def add(self, layout, value, what):
        self.fields.append((struct.pack("<" + layout, value), f"{what} {value}"))
        return self

    def payload(self, data, what):
        self.fields.append((data, what))
        return self

    def bytes(self):
        return b"".join(data for data, _ in self.fields)

    def crc(self):
        """Covers everything behind the magic."""
        value = zlib.crc32(self.bytes()[4:])
        self.fields.append((struct.pack("<I", value), f"crc32 {value:08x} of all but the magic"))
        return self


def v1(lsn, payload):
    frame = Frame().add("B", 1, "version").add("Q", lsn, "lsn")
    return frame.add("Q", len(payload), "payload_len").payload(payload, "payload")


def v2(lsn, time, payload):
    frame = Frame().add("B", 2, "version").add("Q", lsn, "lsn").add("Q", time, "timestamp_ms")
    return frame.add("I", len(payload), "payload_len").payload(payload, "payload").crc()


def v3_2026_06(term, lsn, time, payload, version=3):
    frame = Frame().add("B", version, "version").add("Q", term, "term").add("Q", lsn, "lsn")
    frame.add("Q", time, "timestamp_ms").add("I", len(payload), "payload_len")
    return frame.payload(payload, "payload").crc()


def v3_2026_07(term, epoch, lsn, time, payload, version=3):
    frame = Frame().add("B", version, "version").add("Q", term, "term")
    frame.add("Q", epoch, "ownership_epoch (0: none)").add("Q", lsn, "lsn")
    frame.add("Q", time, "timestamp_ms").add("I", len(payload), "payload_len")
    return frame.payload(payload, "payload").crc()


def plausible_in_both():
    """Of 2026-06. Its payload's bytes 4 to 8 are the length 5 of the other layout, which then
    has its checksum in the middle of the payload, where another number stands."""
    return v3_2026_06(7, 42, 99, b"time" + struct.pack("<I", 5) + b"12345" + b"crc!" + b"the rest")


def whole_in_both():
    """As before, but the checksum of the other layout is right too."""
    head = b"time" + struct.pack("<I", 5) + b"12345"
    front = v3_2026_06(7, 42, 99, head + b"crc!" + b"the rest").bytes()
    inner = front[: 41 + 5]
    return v3_2026_06(7, 42, 99, head + struct.pack("<I", zlib.crc32(inner[4:])) + b"the rest")


def write(name, *frames):
    with open(os.path.join(HERE, name + ".hex"), "w", encoding="ascii") as file:
        for number, frame in enumerate(frames):
            if number > 0:
                file.write("\n")
            for data, what in frame.fields:
                file.write(f"{data.hex(' ')}  # {what}\n")


TIME = 1700000000000

write("v1", v1(42, b"old"))
write("v2", v2(3, 44, b"a delete"))
write("v3_2026_06", v3_2026_06(7, 42, TIME, b"alpha"))
write("v3_2026_07", v3_2026_07(7, 11, 42, TIME, b"alpha"))
write("v3_2026_07_without_epoch", v3_2026_07(7, 0, 42, TIME, b"alpha"))
write("mixed", v1(5, b"one"), v2(6, TIME, b""), v3_2026_06(2, 7, TIME + 1, b"three"),
      v3_2026_07(7, 11, 8, TIME + 2, b"four"), v2(9, TIME + 3, b"five"))
write("plausible_in_both_layouts", plausible_in_both())
write("whole_in_both_layouts", whole_in_both())
write("future_v4", v3_2026_07(7, 11, 42, TIME, b"alpha"),
      v3_2026_07(7, 11, 43, TIME, b"beta", version=4))
