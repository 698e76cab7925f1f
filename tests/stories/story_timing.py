"""Seconds shrunk for stories: what takes half a minute in a shop takes two seconds here. Box and provider keep to the same.

No shorter: a machine that runs all tests at once may stop for half a second, and a story must not end otherwise for that.
"""

from __future__ import annotations

from daemon.sandbox.scenario import Timings

BOX = {
    "scan_s": 30,
    "answer_s": 0.8,
    "reply_s": 0.6,
    "query_every_s": 0.1,
    "give_up_s": 2.0,
    "revoke_not_before_s": 1.4,
    "revoke_retry_s": 0.05,
    "in_doubt_s": 4.0,  # longer than it takes until a charge that never arrived is held to be lost: 2 * give_up_s
    "chase_s": 0.2,
}
"""`[timing]`. `scan_s` is long: a story that wants nobody to come says so."""

HASTY = {"timing": {"give_up_s": 1.4, "revoke_not_before_s": 1.4}}
"""Changes of a box's configuration, for stories that are about what comes after giving up."""

# The box counts from when it sent the charge, the provider from when it got it, which on a busy machine is most of a second later: the
# latter's rule is a second shorter here.
PROVIDER = Timings(auto_close_s=60, revoke_not_before_s=0.4, confirm_s=0.5, late_s=1.2, silence_s=4, slow_s=4)
