"""Tills and vending machines as their makers built them: what an integrator and the tests have at the other end of the box's line.

Each is one module and one class in the shape of `Emulator`; `daemon.sandbox.tills.kinds` names them, `daemon.sandbox.tills.bench`
puts one on a line. None uses the code of `daemon.tills`: a stand-in that did would forgive its mistakes.
"""
