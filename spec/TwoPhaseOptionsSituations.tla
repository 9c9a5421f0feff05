---------------------- MODULE TwoPhaseOptionsSituations ----------------------
(***************************************************************************)
(* The situations that TwoPhaseOptions is there for.  Each is shown to be  *)
(* reachable, as those of TwoPhaseSituations are, and in the same way: a   *)
(* state carries the one before it, and nothing else is added.             *)
(***************************************************************************)
EXTENDS TwoPhaseOptions

VARIABLE before   \* what was, one step ago

Now == [tmState |-> tmState, rmState |-> rmState, network |-> network, tmSuspects |-> tmSuspects, losses |-> faults.losses]

SituationsSpec == (Init /\ before = Now) /\ [][Next /\ before' = Now]_<<vars, before>>

JustLost(type, r) == faults.losses > before.losses /\ Message(type, r) \in before.network \ network

TmJustBecame(state)    == before.tmState # state /\ tmState = state
RmJustBecame(r, state) == before.rmState[r] # state /\ rmState[r] = state

-----------------------------------------------------------------------------
(* One-phase commit *)

\* The transaction is committed, nobody but the participant knows, and the client has been told as much.
UnknownAfterLostReply ==
    \E r \in RM : JustLost("Ack", r) /\ tmState = "delegated" /\ HasLogged(r, "Committed") /\ answers = {"unknown"}

\* It asked again, and was told: the answer changes from "unknown" to the truth.
UnknownThenCommitted == TmJustBecame("forgotten") /\ before.tmState = "delegated" /\ answers = {"unknown", "committed"}
UnknownThenAborted   == TmJustBecame("aborted") /\ before.tmState = "delegated" /\ answers = {"unknown", "aborted"}

\* The one who was waiting for the reply is gone for good, and the client stays without an outcome: it was committed.
UnknownForEver ==
    \E r \in RM : tmState = "forgotten" /\ answers = {"unknown"} /\ RM = {r} /\ HasLogged(r, "Committed")

\* No flush ended, and yet the record was there after the crash: a one-phase commit that nobody has ordered to the end.
UnflushedOnePhaseSurvives ==
    \E r \in RM : before.rmState[r] = "committingOnePhase" /\ rmState[r] = "down" /\ HasLogged(r, "Committed")

-----------------------------------------------------------------------------
(* Read-only votes *)

\* Committed, and nobody has written a record.
AllReadOnly == TmJustBecame("forgotten") /\ before.tmState = "preparing" /\ answers = {"committed"} /\ readers = RM

\* The second phase has one participant less.
ReaderLeftOut == \E r \in readers : tmState = "committed" /\ tmParticipants = RM \ {r} /\ tmParticipants # {}

\* It dropped the branch, and the others abort.
ReaderOfAborted == \E r \in readers : rmState[r] = "readOnly" /\ tmState = "aborted" /\ readers # RM

\* It has forgotten that it voted, is asked again, and says no.
ReaderForgotItsVote == \E r \in readers : rmState[r] = "aborted" /\ Message("No", r) \in network

-----------------------------------------------------------------------------
(* Stale branches and suspicion *)

\* The coordinator has come back and knows nothing; the branch that it left is cleaned up.
StaleBranchDropped ==
    \E r \in RM : before.rmState[r] = "working" /\ rmState[r] = "aborted" /\ tmState = "forgotten" /\ faults.coordinatorCrashes > 0

\* The question reaches one who has cleaned up.
PrepareOfStale == \E r \in RM : rmState[r] = "aborted" /\ Message("Prepare", r) \in network /\ faults.coordinatorCrashes > 0

\* Everybody is up, has prepared, and will be told to abort because one heartbeat was late.
WrongSuspicion ==
    \E r \in tmSuspects :
        before.tmState = "preparing" /\ tmState = "aborted" /\ \A s \in RM : rmState[s] = "prepared"

\* It is suspected while the decision is made, and is told to commit like everybody else.
SuspectedCommits == \E r \in tmSuspects : RmJustBecame(r, "committed") /\ tmState = "committed"

TrustRegained == \E r \in before.tmSuspects : r \notin tmSuspects /\ tmState = "preparing"

-----------------------------------------------------------------------------
(* Heuristic decisions *)

\* One participant has committed what the other has aborted.
MixedOutcome ==
    \E a, b \in RM : DurableState(a) = "committed" /\ DurableState(b) = "aborted"

\* The only participant has aborted, and the client was told that it committed.
AnswerContradicted == \E r \in RM : "committed" \in answers /\ DurableState(r) = "aborted"

\* The operator is told that it is not known, and then that it went wrong.
HazardThenMixed == reports = {"hazard", "mixed"} /\ tmState = "committed"

\* It was not known, and nothing had happened.
HazardPassed == reports = {"hazard"} /\ tmState = "forgotten"

\* It decided alone what the others decided together.
HeuristicAgrees == \E r \in RM : HasLogged(r, "HeuristicCommitted") /\ HasLogged(r, "Committed")

\* It had decided alone, and the crash took that back.
HeuristicLost ==
    \E r \in RM : before.rmState[r] = "heuristicallyCommitting" /\ rmState[r] = "down" /\ ~DecidedAlone(r)

\* It was told to forget, and the crash took that back: it will say it once more.
ForgottenLost == \E r \in RM : before.rmState[r] = "forgetting" /\ rmState[r] = "down" /\ Last(rmDurable[r]) # "Forgotten"
=============================================================================
