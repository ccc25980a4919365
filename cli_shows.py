"""What one source shows beside its visits: proofs, stretches seen, proposals, former addresses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from cli_core import App, find_source, minute, pass_app, print_json, say, utc_now
from domain.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from domain.canary import SilenceProof
    from domain.proposal import Proposal
    from domain.records import Source, SourceMove
    from domain.window import Stretch

# What a person wants to see of a long history; programs get all of it.
STRETCHES = 12


@click.command("undo-move")
@click.argument("name")
@pass_app
def undo_move(app: App, name: str) -> None:
    """Take back a source's last change of address; the same redirect does not move it again."""
    from store.engine import writing
    from store.moves import undo_address_change
    from store.sources import request_visit

    now = utc_now()
    with writing(app.engine(app.settings())) as session:
        source = undo_address_change(session, find_source(session, name).id, now)
        if source is None:
            raise UsageError(
                "its address was never changed, or that was taken back already",
                where=name,
                to_do=f"see it with `rollcall sources show {name}`",
            )
        request_visit(session, source.id, now)
    say(f"{name} is watched at {source.url} again.")
    say(f"Next:  rollcall crawl --only {name}")


def read_signs(session: Session, source: Source) -> tuple[list[Proposal], list[SourceMove]]:
    """What visits propose about a source, and where it lived before."""
    from store.moves import list_moves
    from store.proposals import list_proposals

    return list_proposals(session, source.id), list_moves(session, source.id)


def print_signs(proposals: Sequence[Proposal], moves: Sequence[SourceMove]) -> None:
    """Proposals and changes of address, for a person."""
    for proposal in proposals:
        state = "waits for a curator" if proposal.open else f"settled {minute(proposal.settled_at)}"
        click.echo(f"\nproposal: {proposal.kind}, {state}")
        click.echo(f"  “{proposal.sentence}”")
        if proposal.new_url:
            click.echo(f"  names {proposal.new_url}")
        click.echo(f"  seen {minute(proposal.seen_at)} to {minute(proposal.last_seen_at)}")
    for move in moves:
        why = "decided by a curator" if move.decided else "a permanent redirect"
        undone = f", taken back {minute(move.undone_at)}" if move.undone_at else ""
        click.echo(f"\nmoved {minute(move.moved_at)} ({why}{undone})")
        click.echo(f"  from {move.old_url}\n  to   {move.new_url}")


def print_signs_json(name: str, proposals: Sequence[Proposal], moves: Sequence[SourceMove]) -> None:
    """Proposals and changes of address, for programs."""
    for proposal in proposals:
        print_json(
            {
                "kind": "proposal",
                "source": name,
                "proposal": proposal.kind,
                "new_url": proposal.new_url,
                "sentence": proposal.sentence,
                "seen_at": proposal.seen_at,
                "last_seen_at": proposal.last_seen_at,
                "settled_at": proposal.settled_at,
            }
        )
    for move in moves:
        print_json(
            {
                "kind": "move",
                "source": name,
                "old_url": move.old_url,
                "new_url": move.new_url,
                "moved_at": move.moved_at,
                "undone_at": move.undone_at,
                "decided": move.decided,
            }
        )


def print_sight(proof: SilenceProof | None, stretches: Sequence[Stretch]) -> None:
    """Whether a source proved its silence, and what was seen of it, for a person."""
    from presentation.proof_words import write_said

    if proof is not None:
        click.echo(f"\nAsked to prove its silence on {minute(proof.checked_at)}")
        for canary in proof.canaries:
            click.echo(f"  {canary.result:8}{canary.check:11} {write_said(canary.said)}")
    if stretches:
        click.echo("\nSeen (from, up to and not including)")
    for stretch in stretches[-STRETCHES:]:
        start, end = minute(stretch.window.start), minute(stretch.window.end)
        click.echo(f"  {start}  {end}  {stretch.kind or 'not seen'}")


def print_sight_json(name: str, proof: SilenceProof | None, stretches: Sequence[Stretch]) -> None:
    """Whether a source proved its silence, and what was seen of it, for programs."""
    from presentation.proof_words import write_said

    for canary in proof.canaries if proof is not None else ():
        print_json(
            {
                "kind": "canary",
                "source": name,
                "checked_at": proof.checked_at if proof is not None else None,
                "check": canary.check,
                "result": canary.result,
                "said": write_said(canary.said),
            }
        )
    for stretch in stretches:
        print_json(
            {
                "kind": "coverage",
                "source": name,
                "start": stretch.window.start,
                "end": stretch.window.end,
                "seen": stretch.kind or "not",
            }
        )
