"""`tillbox payments ask | refund | settle`: what a person does about a payment in doubt. The running box does it, and journals who."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from typing import Any

from daemon.cli import DONE, FAILED, WRONG
from daemon.commands.configuration import WrongConfigurationError, read_config
from daemon.commands.running_box import AnotherCertificate, NoBox, call_running_box


def run(arguments: argparse.Namespace) -> int:
    try:
        web = read_config(arguments.config, warns=False).web
    except WrongConfigurationError:
        return WRONG
    wanted = {"act": arguments.what, "by": arguments.by, **({} if arguments.reason is None else {"reason": arguments.reason})}
    try:
        status, said = call_running_box(web, "POST", f"/v1/payments/{arguments.ref}/acts", wanted)
    except NoBox:
        return _failed("no box of this configuration runs; expected one, which does it and writes down who wanted it")
    except AnotherCertificate:
        return _failed("what answers on [web] listen shows another certificate than the configuration names; it was told nothing")
    if status != 202:
        return _failed(_why(said))
    reason = said["reason"]
    print(f"{said['ref']}  {said['state']}{' (' + reason['code'] + ')' if reason else ''}")
    return DONE


def _why(said: Mapping[str, Any]) -> str:
    error = said.get("error", {})
    fields = "; ".join(f"{name}: {text}" for name, text in error.get("fields", {}).items())
    return ": ".join(filter(None, (error.get("text", "the box did not say why"), fields)))


def _failed(text: str) -> int:
    print(f"tillbox: {text}", file=sys.stderr)
    return FAILED
