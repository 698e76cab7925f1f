"""The box's face towards tills, browsers and probes: HTTP on `[web] listen` (DESIGN, section 7)."""
