--------------------------- MODULE TwoPhaseTrace ---------------------------
(***************************************************************************)
(* Is what a real run recorded a behaviour of TwoPhaseCommit?              *)
(*                                                                         *)
(* A run is judged one transaction at a time: a trace is the sequence of   *)
(* recorded events of one transaction, with the crashes of the coordinator *)
(* and of the participants that it lived through.  All traces are judged   *)
(* in one run of TLC: each is an initial state, each recorded event must   *)
(* be a step, and a trace is accepted if some behaviour reaches its end.   *)
(*                                                                         *)
(* What is recorded leaves open what nobody can see, and TLC tries it all: *)
(*   - which part of an unflushed log a crash left: what is found at the   *)
(*     next recovery decides;                                              *)
(*   - whether the last recorded step before a crash had its effect: an    *)
(*     event is recorded before its effect.  If it had none, its record    *)
(*     did not survive and its messages were lost, both of which a crash   *)
(*     may do to a step that did happen;                                   *)
(*   - which messages were lost: one that never arrives needs no step, so  *)
(*     Lose is not needed to explain a trace.                              *)
(*                                                                         *)
(* Retransmission: a real timer may fire while an earlier message of the   *)
(* same pair is still in flight.  TwoPhaseCommit lets Resend and VoteAgain *)
(* wait until it is quiet, or until the network repeats what is in flight. *)
(* Here Quiet is replaced by Whenever (in the configuration).  That adds   *)
(* no behaviour: repeat each message in flight first (Duplicate), and the  *)
(* same step is one of TwoPhaseCommit, with every message still there.     *)
(*                                                                         *)
(* The traces are in TwoPhaseTraceData. The one that lies beside this      *)
(* module is an example; the tool writes one for each run.                 *)
(***************************************************************************)
EXTENDS TwoPhaseCommit, TwoPhaseTraceData, TLC

VARIABLES
    trace,      \* which trace this is
    position    \* how many of its events have happened

TheTransaction == "t"

Whenever(t, r) == TRUE

Event == RecordedEvents[RecordedTraces[trace][position + 1]]

-----------------------------------------------------------------------------
(* Events that are more than the action of their name *)

\* Recorded after the flush, for one record: the log is durable up to it.
FlushCoordinatorTo(type) ==
    \E k \in 1..Len(tmTail) : tmTail[k].type = type /\ FlushCoordinator(k)

\* A store may have to be asked to make durable what a crash had let survive: then there is nothing left to do.
FlushParticipantTo(r, type) ==
    \/ \E k \in 1..Len(rmTail[r]) : rmTail[r][k].type = type /\ FlushParticipant(r, k)
    \/ RmIsUp(r) /\ rmTail[r] = <<>> /\ rmDurable[r][TheTransaction] = type /\ UNCHANGED vars

CrashCoordinatorSomehow == \E k \in 0..Len(tmTail) : CrashCoordinator(k)
CrashParticipantSomehow(r) == \E k \in 0..Len(rmTail[r]) : CrashParticipant(r, k)

RecoverCoordinatorTo(state) == RecoverCoordinator /\ tmState'[TheTransaction] = state

\* A store that forgets outcomes can tell only that it is not in doubt.
RecoverParticipantTo(r, state) ==
    /\ RecoverParticipant(r)
    /\ IF state = "unprepared"
       THEN rmState'[r][TheTransaction] # "prepared"
       ELSE rmState'[r][TheTransaction] = state

\* The client was told this: the spec must have told it too.
Answer(outcome) == outcome \in answers[TheTransaction] /\ UNCHANGED vars

-----------------------------------------------------------------------------
Perform(event) ==
    LET t == TheTransaction
        r == event.rm
    IN  CASE event.action = "RequestCommit"      -> RequestCommit(t)
          [] event.action = "RequestRollback"    -> RequestRollback(t)
          [] event.action = "VoteTimeOut"        -> VoteTimeOut(t)
          [] event.action = "ReceiveYes"         -> ReceiveYes(t, r)
          [] event.action = "ReceiveNo"          -> ReceiveNo(t, r)
          [] event.action = "FlushCoordinator"   -> FlushCoordinatorTo(event.detail)
          [] event.action = "ReceiveAck"         -> ReceiveAck(t, r)
          [] event.action = "Resend"             -> Resend(t, r)
          [] event.action = "AskOutcome"         -> AskOutcome(t)
          [] event.action = "Answer"             -> Answer(event.detail)
          [] event.action = "CrashCoordinator"   -> CrashCoordinatorSomehow
          [] event.action = "RecoverCoordinator" -> RecoverCoordinatorTo(event.detail)
          [] event.action = "ReceivePrepare"     -> ReceivePrepare(r, t)
          [] event.action = "AbortUnilaterally"  -> AbortUnilaterally(r, t)
          [] event.action = "RefusePrepare"      -> RefusePrepare(r, t)
          [] event.action = "FlushParticipant"   -> FlushParticipantTo(r, event.detail)
          [] event.action = "VoteAgain"          -> VoteAgain(r, t)
          [] event.action = "ReceiveCommit"      -> ReceiveCommit(r, t)
          [] event.action = "ReceiveAbort"       -> ReceiveAbort(r, t)
          [] event.action = "CrashParticipant"   -> CrashParticipantSomehow(r)
          [] event.action = "RecoverParticipant" -> RecoverParticipantTo(r, event.detail)

TraceInit == Init /\ trace \in DOMAIN RecordedTraces /\ position = 0

TraceNext ==
    /\ position < Len(RecordedTraces[trace])
    /\ Perform(Event)
    /\ position' = position + 1
    /\ UNCHANGED trace

TraceSpec == TraceInit /\ [][TraceNext]_<<vars, trace, position>>

-----------------------------------------------------------------------------
(* Reports: always true, for what they print *)

ReportAccepted == position = Len(RecordedTraces[trace]) => PrintT(trace)

\* For a trace that was not accepted: how far it came, and what was so there. (On one line, for who reads it.)
ReportReached ==
    PrintT(ToString(<<trace, position,
                      [coordinator  |-> tmState[TheTransaction],
                       participants |-> [r \in RM |-> rmState[r][TheTransaction]],
                       network      |-> {<<m.type, m.rm>> : m \in network},
                       told         |-> answers[TheTransaction]]>>))
=============================================================================
