"""Keeps the three waiting processors of the emulated board quiet until Linux calls them.

Usage: bootstub.py KERNEL STUB      (patches KERNEL in place, writes STUB, to be loaded at 0x800)

Before Linux starts them, the other processors of a Raspberry Pi 3 wait in a loop on the `wfe` instruction. The emulator
runs that as a busy loop: three host threads at full load, and init starts after 18 s instead of 4 s. This stub
(the role of armstub8 on the real board) lets them sleep on their own timer instead and look every 9 ms.
The kernel's first jump is turned to the stub, which jumps back; registers x0 to x3 stay as they were.
"""

import pathlib
import struct
import sys

LOAD, STUB = 0x200000, 0x800  # where QEMU puts the kernel; a free place in the page that the device tree reserves
WORDS = [
    0x10000184,  # shim:  adr  x4, wait
    0xD2801B05,  #        mov  x5, #0xd8            QEMU's spin table: one entry per processor
    0xF90004A4,  #        str  x4, [x5, #8]
    0xF90008A4,  #        str  x4, [x5, #16]
    0xF9000CA4,  #        str  x4, [x5, #24]
    0xD5033F9F,  #        dsb  sy
    0xD503209F,  #        sev
    0x58000064,  #        ldr  x4, target
    0xD61F0080,  #        br   x4
    0xD503201F,  #        nop
    0,
    0,  # target: the kernel's own first jump
    0xD2801B05,  # wait:  mov  x5, #0xd8
    0xD53800A6,  #        mrs  x6, mpidr_el1
    0x924004C6,  #        and  x6, x6, #3
    0xF82678BF,  #        str  xzr, [x5, x6, lsl #3]
    0xD2A80007,  #        mov  x7, #0x40000000      the local interrupt controller
    0x910100E7,  #        add  x7, x7, #0x40
    0x8B0608E7,  #        add  x7, x7, x6, lsl #2
    0x52800048,  #        mov  w8, #2               let the physical timer wake this processor
    0xB90000E8,  #        str  w8, [x7]
    0xD2A00129,  # loop:  mov  x9, #0x90000         9.4 ms at 62.5 MHz
    0xD51BE209,  #        msr  cntp_tval_el0, x9
    0xD2800029,  #        mov  x9, #1
    0xD51BE229,  #        msr  cntp_ctl_el0, x9
    0xD5033FDF,  #        isb
    0xD503207F,  #        wfi
    0xF86678A4,  #        ldr  x4, [x5, x6, lsl #3]
    0xB4FFFF24,  #        cbz  x4, loop
    0xD51BE23F,  #        msr  cntp_ctl_el0, xzr    leave everything as it was found
    0xB90000FF,  #        str  wzr, [x7]
    0xD5033F9F,  #        dsb  sy
    0xD2800000,
    0xD2800001,
    0xD2800002,
    0xD2800003,  # mov x0..x3, #0
    0xD61F0080,  #        br   x4
]

kernel, stub = sys.argv[1:3]
with pathlib.Path(kernel).open("r+b") as f:
    head = f.read(64)
    jump, offset, size = struct.unpack("<IQQ", head[4:24])
    if head[56:60] != b"ARMd" or jump >> 26 != 0b000101 or offset or not size:
        sys.exit(f"{kernel}: not the arm64 kernel that this stub knows how to start")
    distance = (jump & 0x3FFFFFF) - ((jump & 0x2000000) << 1)
    target = LOAD + 4 + 4 * distance
    f.seek(4)
    f.write(struct.pack("<I", 0b000101 << 26 | (STUB - LOAD - 4) // 4 & 0x3FFFFFF))
words = list(WORDS)
words[10], words[11] = target & 0xFFFFFFFF, target >> 32
with pathlib.Path(stub).open("wb") as f:
    f.write(struct.pack(f"<{len(words)}I", *words))
