"""Seconds shrunk for stories: what takes half a minute in a shop takes half a second here. Box and provider keep to the same."""

from __future__ import annotations

from daemon.sandbox.scenario import Timings

BOX = {
    "scan_s": 20,
    "answer_s": 0.6,
    "reply_s": 0.5,
    "query_every_s": 0.1,
    "give_up_s": 0.7,
    "revoke_not_before_s": 0.3,
    "revoke_retry_s": 0.05,
    "in_doubt_s": 2,
    "chase_s": 0.2,
}
"""`[timing]`. `scan_s` is long: a story that wants nobody to come says so."""

PROVIDER = Timings(auto_close_s=60, revoke_not_before_s=BOX["revoke_not_before_s"], confirm_s=30, late_s=0.8, silence_s=2, slow_s=2)
"""Only calls move orders here (`confirm_s` is never reached): what happens does not hang on how fast this machine is."""
