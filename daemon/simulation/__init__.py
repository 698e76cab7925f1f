"""The simulator: whole lives of a box in virtual time, with every fault that a seed can think of, and the promises checked.

What is real: the cycle, the runner, the desk, the keeper, the scanning and its decoding, the till's requests, the rows of the
journal. What is played: time (`loop`), the disk (`disk`), the line (`line`), the provider (`provider`, on the sandbox's ledger)
and people (`people`). `world` brings them together, `promises` watches, `campaign` runs many and `shrinking` makes one short.
"""
