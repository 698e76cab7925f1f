"""The tables of `config.toml`, one module each: what the keys mean, what they must be, what they become.

`daemon.config` puts them together. `table` reads any table and collects every problem, `values` and `files` say what a
value may be; the other modules are the tables by name.
"""
