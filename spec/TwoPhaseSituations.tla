------------------------- MODULE TwoPhaseSituations -------------------------
(***************************************************************************)
(* The situations that TwoPhaseCommit is there for.  Each is shown to be   *)
(* reachable: an invariant that holds because nothing interesting can      *)
(* happen proves nothing.                                                  *)
(*                                                                         *)
(* What makes a situation is often the step that led to it, so a state     *)
(* carries the one before it.  Nothing else is added: the steps are those  *)
(* of TwoPhaseCommit.                                                      *)
(***************************************************************************)
EXTENDS TwoPhaseCommit

VARIABLE before   \* what was, one step ago

Now == [tmState |-> tmState, rmState |-> rmState, network |-> network, losses |-> faults.losses]

SituationsSpec == (Init /\ before = Now) /\ [][Next /\ before' = Now]_<<vars, before>>

InFlight(type, t, r) == Message(type, t, r) \in network
JustSent(type, t, r) == Message(type, t, r) \in network \ before.network
JustLost(type, t, r) == faults.losses > before.losses /\ Message(type, t, r) \in before.network \ network

TmJustCrashed(t)    == before.tmState[t] # "down" /\ tmState[t] = "down"
RmJustCrashed(r, t) == before.rmState[r][t] # "down" /\ rmState[r][t] = "down"

InDoubt(t, r) == rmState[r][t] = "prepared"

-----------------------------------------------------------------------------
(* Crashes *)

\* The one who could tell is down.
InDoubtAfterCoordinatorCrash == \E t \in Tx, r \in RM : InDoubt(t, r) /\ TmJustCrashed(t)

\* The promise survived, all else is gone.
InDoubtAfterOwnCrash == \E t \in Tx, r \in RM : InDoubt(t, r) /\ before.rmState[r][t] = "down"

\* Nobody knows anything but the disks.
BothDown == ~TmIsUp /\ \E r \in RM : ~RmIsUp(r)

\* It crashed, recovered the decision, and crashes again before it could tell it to anyone.
CoordinatorCrashesTwice ==
    \E t \in Tx, r \in RM :
        TmJustCrashed(t) /\ faults.coordinatorCrashes = 2 /\ tmDurable[t] = "Commit" /\ InDoubt(t, r)

\* It crashed with its promise durable, recovered it, and crashes again.
ParticipantCrashesTwice ==
    \E t \in Tx, r \in RM :
        RmJustCrashed(r, t) /\ faults.participantCrashes = 2 /\ before.rmState[r][t] = "prepared"

-----------------------------------------------------------------------------
(* What a crash leaves of a log *)

\* Everybody voted yes and the decision was taken; the crash undoes it, and presumed abort will.
CommitRecordLost == \E t \in Tx : TmJustCrashed(t) /\ before.tmState[t] = "committing" /\ tmDurable[t] = "none"

\* No flush ended (the client would have been told), and yet the record was there after the crash and everybody committed.
UnflushedCommitSurvives == \E t \in Tx : answers[t] = {} /\ \A r \in RM : rmDurable[r][t] = "Committed"

\* One flush makes the decisions of several transactions durable.
GroupFlush == Cardinality({t \in Tx : before.tmState[t] = "committing" /\ tmState[t] = "committed"}) > 1

\* The crash keeps the older half of what would have been one group flush.
CrashSplitsGroup ==
    \E t, u \in Tx :
        /\ before.tmState[t] = "committing" /\ before.tmState[u] = "committing"
        /\ TmJustCrashed(t) /\ tmDurable[t] = "Commit" /\ tmDurable[u] = "none"

\* The participant had been told to abort, and will have to ask again.
AbortedRecordLost ==
    \E t \in Tx, r \in RM :
        RmJustCrashed(r, t) /\ before.rmState[r][t] = "aborted" /\ rmDurable[r][t] = "Prepared"

-----------------------------------------------------------------------------
(* The network *)

\* The coordinator has done its part, and one in doubt will not hear of it until somebody speaks again.
DecisionLost == \E t \in Tx, r \in RM : JustLost("Commit", t, r) /\ InDoubt(t, r)

\* The same with an abort, which the coordinator does not repeat by itself.
AbortLost == \E t \in Tx, r \in RM : JustLost("Abort", t, r) /\ InDoubt(t, r)

\* Everybody has committed, and the coordinator does not know.
LastAckLost ==
    \E t \in Tx, r \in RM :
        JustLost("Ack", t, r) /\ tmState[t] = "committed" /\ \A s \in RM : rmDurable[s][t] = "Committed"

\* Long after the end an old message arrives at one who has committed.
StalePrepare == \E t \in Tx, r \in RM : tmState[t] = "forgotten" /\ InFlight("Prepare", t, r) /\ rmState[r][t] = "committed"
StaleCommit  == \E t \in Tx, r \in RM : tmState[t] = "forgotten" /\ InFlight("Commit", t, r) /\ rmState[r][t] = "committed"

\* An old vote reaches a coordinator that has forgotten the commit. It answers "Abort" to one who has committed.
StaleVoteAnsweredAbort == \E t \in Tx, r \in RM : JustSent("Abort", t, r) /\ rmState[r][t] = "committed"

-----------------------------------------------------------------------------
(* Suspicion and presumption *)

\* Every participant has voted yes; the coordinator waited no longer.
WrongSuspicion ==
    \E t \in Tx : before.tmState[t] = "preparing" /\ tmState[t] = "aborted" /\ \A r \in RM : InDoubt(t, r)

\* A coordinator that knows nothing of the transaction, and never decided it, answers one in doubt.
PresumedAbort ==
    \E t \in Tx, r \in RM :
        JustSent("Abort", t, r) /\ InDoubt(t, r) /\ tmState[t] = "forgotten" /\ answers[t] = {}
=============================================================================
