-------------------------- MODULE TwoPhaseCommit ---------------------------
(***************************************************************************)
(* Two-phase commit with presumed abort, as it has to be run on machines   *)
(* that crash and over a network that loses, repeats and reorders.         *)
(*                                                                         *)
(* One coordinator and several participants share several transactions.    *)
(* Each of them keeps ONE log for all its transactions.  A record is first *)
(* appended to the log's tail, which is volatile; a flush makes a prefix   *)
(* of the tail durable, for all transactions in it at once (group flush);  *)
(* a crash keeps any prefix of the tail (partial persistence: the disk may *)
(* have written more than was flushed, never out of order, because records *)
(* are checksummed in a chain and a torn end is cut).                      *)
(*                                                                         *)
(* Presumed abort (Mohan, Lindsay, Obermarck 1986): the coordinator logs   *)
(* only commits.  A coordinator that knows nothing of a transaction        *)
(* answers "Abort" to whoever asks about it, so it may forget an aborted   *)
(* one at once, and a committed one as soon as every participant has       *)
(* acknowledged.  A participant in doubt asks by sending its vote again.   *)
(*                                                                         *)
(* Invariants (the code and its tests cite these numbers):                 *)
(*   1. TypeOK                                                             *)
(*   2. Consistency: nobody has aborted what another has committed.        *)
(*   3. CommitNeedsAllVotes: a commit record exists, even unflushed, only  *)
(*      when every participant is durably prepared.                        *)
(*   4. DurableBeforeSpoken: a commit is told to anyone (a participant,    *)
(*      the client) only when its record is durable.                       *)
(*   5. YesIsDurable: a participant has said "Yes" only if its prepared    *)
(*      record is durable.                                                 *)
(*   6. AnswerIsOutcome: the client was told at most one outcome, and      *)
(*      nobody did or will do the other.                                   *)
(*   7. ForgetNeedsAllAcks: the end record exists only when every          *)
(*      participant is durably committed.                                  *)
(*   8. NoStrayMessage: "Commit" never reaches one who has not prepared.   *)
(* Action properties:                                                      *)
(*   9. AnswerNeverChanges                                                 *)
(*  10. DecisionIsStable: a durable decision stays, whatever crashes.      *)
(* Refinement:                                                             *)
(*  11. Refines: every behaviour is one of TransactionCommit.              *)
(* Liveness, under Fairness:                                               *)
(*  12. InDoubtEnds: nobody stays prepared for ever.                       *)
(*  13. Terminates: every participant reaches an outcome.                  *)
(*  14. ForgetsInTheEnd: no committed transaction is remembered for ever.  *)
(*                                                                         *)
(* Left out, and why that is sound:                                        *)
(*   - The work itself, and how participants are enlisted: it happens      *)
(*     before the first message, and a failure in it is "AbortUnilaterally"*)
(*     or "RequestRollback", both possible at any moment.                  *)
(*   - Time: every time-out (VoteTimeOut, AbortUnilaterally, Resend,       *)
(*     VoteAgain) may fire at any moment, so any suspicion may be wrong.   *)
(*   - Retransmission while an earlier message of the same pair is in      *)
(*     flight: what a timer that fires too early adds to the network is    *)
(*     what Duplicate adds, so Resend and VoteAgain wait for quiet.        *)
(*   - Forgetting an aborted transaction: for whoever asks, knowing that   *)
(*     it aborted and knowing nothing are answered alike.                  *)
(*   - Message contents beyond the type: recipients are named by the pair  *)
(*     (transaction, participant), and there is one coordinator.           *)
(*   - Log truncation and checkpoints: a durable log is represented by the *)
(*     last record of each transaction, which is what replaying it yields. *)
(*   - Two coordinators at once: the log is locked (see DecisionLog).      *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets

CONSTANTS
    Tx,                       \* the transactions
    RM,                       \* the participants, each enlisted in every transaction
    MaxCoordinatorCrashes,    \* how many faults of each kind the environment still owes us:
    MaxParticipantCrashes,    \* faults are finitely many, which is the assumption
    MaxLosses,                \* on which liveness rests
    MaxDuplicates

VARIABLES
    tmState,      \* tmState[t]: the coordinator's volatile state of t
    tmHeard,      \* tmHeard[t]: who has voted yes (preparing) or acknowledged (committed)
    tmTail,       \* the coordinator's appended, unflushed records, oldest first
    tmDurable,    \* tmDurable[t]: the last durable record of t
    rmState,      \* rmState[r][t]: participant r's volatile state of t
    rmTail,       \* rmTail[r]: its appended, unflushed records
    rmDurable,    \* rmDurable[r][t]: its last durable record of t
    network,      \* the messages in flight: a set, so order means nothing
    duplicated,   \* those of them that the network repeats: delivery does not use them up
    answers,      \* answers[t]: every outcome that the client was ever told
    faults        \* how many of each fault have happened

tmVars == <<tmState, tmHeard, tmTail, tmDurable>>
rmVars == <<rmState, rmTail, rmDurable>>
netVars == <<network, duplicated>>
vars == <<tmVars, rmVars, netVars, answers, faults>>

-----------------------------------------------------------------------------
(* Types *)

TmStates == {"working", "preparing", "committing", "committed", "aborted", "forgotten", "down"}
RmStates == {"working", "preparing", "prepared", "committing", "committed", "aborted", "down"}

Messages == [type : {"Prepare", "Yes", "No", "Commit", "Abort", "Ack"}, tx : Tx, rm : RM]

TmRecords == [type : {"Commit", "End"}, tx : Tx]
RmRecords == [type : {"Prepared", "Committed", "Aborted"}, tx : Tx]

Outcomes == {"committed", "aborted"}

TypeOK ==
    /\ tmState \in [Tx -> TmStates]
    /\ tmHeard \in [Tx -> SUBSET RM]
    /\ \A i \in DOMAIN tmTail : tmTail[i] \in TmRecords
    /\ tmDurable \in [Tx -> {"none", "Commit", "End"}]
    /\ rmState \in [RM -> [Tx -> RmStates]]
    /\ \A r \in RM : \A i \in DOMAIN rmTail[r] : rmTail[r][i] \in RmRecords
    /\ rmDurable \in [RM -> [Tx -> {"none", "Prepared", "Committed", "Aborted"}]]
    /\ network \subseteq Messages
    /\ duplicated \subseteq network
    /\ answers \in [Tx -> SUBSET Outcomes]
    /\ faults.coordinatorCrashes \in 0..MaxCoordinatorCrashes
    /\ faults.participantCrashes \in 0..MaxParticipantCrashes
    /\ faults.losses \in 0..MaxLosses
    /\ faults.duplicates \in 0..MaxDuplicates

Init ==
    /\ tmState = [t \in Tx |-> "working"]
    /\ tmHeard = [t \in Tx |-> {}]
    /\ tmTail = <<>>
    /\ tmDurable = [t \in Tx |-> "none"]
    /\ rmState = [r \in RM |-> [t \in Tx |-> "working"]]
    /\ rmTail = [r \in RM |-> <<>>]
    /\ rmDurable = [r \in RM |-> [t \in Tx |-> "none"]]
    /\ network = {}
    /\ duplicated = {}
    /\ answers = [t \in Tx |-> {}]
    /\ faults = [coordinatorCrashes |-> 0, participantCrashes |-> 0, losses |-> 0, duplicates |-> 0]

-----------------------------------------------------------------------------
(* Messages *)

Message(type, t, r) == [type |-> type, tx |-> t, rm |-> r]

ToAll(type, t) == {Message(type, t, r) : r \in RM}

\* A message that is sent while it is in flight is in flight: copies are the network's doing.
Send(messages) == network' = network \cup messages /\ UNCHANGED duplicated

\* Takes m from the network, unless the network repeats it, and sends the replies.
Deliver(m, replies) ==
    /\ m \in network
    /\ network' = (network \ ({m} \ duplicated)) \cup replies
    /\ UNCHANGED duplicated

\* Nothing between the coordinator and r about t is on its way for the first time.
Quiet(t, r) == \A m \in network \ duplicated : ~(m.tx = t /\ m.rm = r)

-----------------------------------------------------------------------------
(* Logs *)

Record(type, t) == [type |-> type, tx |-> t]

First(log, k) == SubSeq(log, 1, k)
Rest(log, k)  == SubSeq(log, k + 1, Len(log))

Of(log, t) == SelectSeq(log, LAMBDA record : record.tx = t)

\* What is durable once these records are: for each transaction the last of them counts.
Persist(durable, records) ==
    [t \in Tx |-> IF Of(records, t) = <<>>
                  THEN durable[t]
                  ELSE Of(records, t)[Len(Of(records, t))].type]

\* No tail is longer than all records of all transactions. (A constant, so that TLC knows actions by name.)
TailLengths == 0..(3 * Cardinality(Tx))

Contains(log, record) == \E i \in DOMAIN log : log[i] = record

-----------------------------------------------------------------------------
(* The coordinator *)

TmIsUp == \A t \in Tx : tmState[t] # "down"

\* The client has done its work and wants to commit: first phase.
RequestCommit(t) ==
    /\ tmState[t] = "working"
    /\ tmState' = [tmState EXCEPT ![t] = "preparing"]
    /\ Send(ToAll("Prepare", t))
    /\ UNCHANGED <<tmHeard, tmTail, tmDurable, rmVars, answers, faults>>

\* The decision to abort is not logged: knowing nothing means abort. It is told at once.
DecideAbort(t, from) ==
    /\ tmState[t] = from
    /\ tmState' = [tmState EXCEPT ![t] = "aborted"]
    /\ tmHeard' = [tmHeard EXCEPT ![t] = {}]
    /\ answers' = [answers EXCEPT ![t] = @ \cup {"aborted"}]
    /\ UNCHANGED <<tmTail, tmDurable, rmVars, faults>>

\* The client gives up.
RequestRollback(t) ==
    /\ DecideAbort(t, "working")
    /\ Send(ToAll("Abort", t))

\* The coordinator waits no longer for votes, rightly or not.
VoteTimeOut(t) ==
    /\ DecideAbort(t, "preparing")
    /\ Send(ToAll("Abort", t))

\* The last yes decides. The record is appended; nobody may hear of it yet (invariant 4).
DecideCommit(t) ==
    /\ tmState' = [tmState EXCEPT ![t] = "committing"]
    /\ tmHeard' = [tmHeard EXCEPT ![t] = {}]
    /\ tmTail' = Append(tmTail, Record("Commit", t))

RecordYes(t, r) ==
    /\ tmHeard' = [tmHeard EXCEPT ![t] = @ \cup {r}]
    /\ UNCHANGED <<tmState, tmTail>>

\* A vote, or the question of one who is in doubt: both are answered from what is known.
ReceiveYes(t, r) ==
    /\ TmIsUp
    /\ Deliver(Message("Yes", t, r),
               CASE tmState[t] = "committed"               -> {Message("Commit", t, r)}
                 [] tmState[t] \in {"aborted", "forgotten"} -> {Message("Abort", t, r)}
                 [] OTHER                                   -> {})
    /\ IF tmState[t] = "preparing"
       THEN IF tmHeard[t] \cup {r} = RM THEN DecideCommit(t) ELSE RecordYes(t, r)
       ELSE UNCHANGED <<tmState, tmHeard, tmTail>>
    /\ UNCHANGED <<tmDurable, rmVars, answers, faults>>

\* One no is enough.
ReceiveNo(t, r) ==
    /\ TmIsUp
    /\ IF tmState[t] = "preparing"
       THEN /\ DecideAbort(t, "preparing")
            /\ Deliver(Message("No", t, r), ToAll("Abort", t))
       ELSE /\ Deliver(Message("No", t, r), {})
            /\ UNCHANGED <<tmVars, rmVars, answers, faults>>

\* The log's first k unflushed records became durable. Commits among them may now be told.
FlushCoordinator(k) ==
    LET flushed == First(tmTail, k)
        decided == {t \in Tx : Contains(flushed, Record("Commit", t))}
    IN  /\ TmIsUp
        /\ k \in 1..Len(tmTail)
        /\ tmDurable' = Persist(tmDurable, flushed)
        /\ tmTail' = Rest(tmTail, k)
        /\ tmState' = [t \in Tx |-> IF t \in decided THEN "committed" ELSE tmState[t]]
        /\ answers' = [t \in Tx |-> IF t \in decided THEN answers[t] \cup {"committed"} ELSE answers[t]]
        /\ Send(UNION {ToAll("Commit", t) : t \in decided})
        /\ UNCHANGED <<tmHeard, rmVars, faults>>

\* With the last acknowledgement nobody will ever ask again: the end record needs no flush.
ForgetCommitted(t) ==
    /\ tmState' = [tmState EXCEPT ![t] = "forgotten"]
    /\ tmHeard' = [tmHeard EXCEPT ![t] = {}]
    /\ tmTail' = Append(tmTail, Record("End", t))

RecordAck(t, r) ==
    /\ tmHeard' = [tmHeard EXCEPT ![t] = @ \cup {r}]
    /\ UNCHANGED <<tmState, tmTail>>

ReceiveAck(t, r) ==
    /\ TmIsUp
    /\ Deliver(Message("Ack", t, r), {})
    /\ IF tmState[t] = "committed"
       THEN IF tmHeard[t] \cup {r} = RM THEN ForgetCommitted(t) ELSE RecordAck(t, r)
       ELSE UNCHANGED <<tmState, tmHeard, tmTail>>
    /\ UNCHANGED <<tmDurable, rmVars, answers, faults>>

\* Whoever has not answered is asked, or told, once more.
Resend(t, r) ==
    /\ tmState[t] \in {"preparing", "committed"}
    /\ r \notin tmHeard[t]
    /\ Quiet(t, r)
    /\ Send({Message(IF tmState[t] = "preparing" THEN "Prepare" ELSE "Commit", t, r)})
    /\ UNCHANGED <<tmVars, rmVars, answers, faults>>

\* The client asks for the outcome; only a coordinator that knows it answers.
AskOutcome(t) ==
    /\ tmState[t] \in Outcomes
    /\ answers' = [answers EXCEPT ![t] = @ \cup {tmState[t]}]
    /\ UNCHANGED <<tmVars, rmVars, netVars, faults>>

\* Volatile state is gone; of the tail, any prefix survives.
CrashCoordinator(k) ==
    /\ TmIsUp
    /\ k \in 0..Len(tmTail)
    /\ faults.coordinatorCrashes < MaxCoordinatorCrashes
    /\ faults' = [faults EXCEPT !.coordinatorCrashes = @ + 1]
    /\ tmDurable' = Persist(tmDurable, First(tmTail, k))
    /\ tmTail' = <<>>
    /\ tmState' = [t \in Tx |-> "down"]
    /\ tmHeard' = [t \in Tx |-> {}]
    /\ UNCHANGED <<rmVars, netVars, answers>>

\* What the log does not say was committed is presumed aborted.
RecoverCoordinator ==
    /\ ~TmIsUp
    /\ tmState' = [t \in Tx |-> IF tmDurable[t] = "Commit" THEN "committed" ELSE "forgotten"]
    /\ UNCHANGED <<tmHeard, tmTail, tmDurable, rmVars, netVars, answers, faults>>

-----------------------------------------------------------------------------
(* A participant *)

RmIsUp(r) == \A t \in Tx : rmState[r][t] # "down"

Become(r, t, state) == rmState' = [rmState EXCEPT ![r][t] = state]

Log(r, type, t) == rmTail' = [rmTail EXCEPT ![r] = Append(@, Record(type, t))]

\* The prepared record is appended; the vote waits for the flush (invariant 5).
ReceivePrepare(r, t) ==
    /\ RmIsUp(r)
    /\ Deliver(Message("Prepare", t, r),
               CASE rmState[r][t] = "aborted"  -> {Message("No", t, r)}
                 [] rmState[r][t] = "prepared" -> {Message("Yes", t, r)}
                 [] OTHER                      -> {})
    /\ IF rmState[r][t] = "working"
       THEN Become(r, t, "preparing") /\ Log(r, "Prepared", t)
       ELSE UNCHANGED <<rmState, rmTail>>
    /\ UNCHANGED <<tmVars, rmDurable, answers, faults>>

\* Before it has been asked, a participant may drop the transaction for any reason, a wrong suspicion included.
AbortUnilaterally(r, t) ==
    /\ rmState[r][t] = "working"
    /\ Become(r, t, "aborted")
    /\ UNCHANGED <<tmVars, rmTail, rmDurable, netVars, answers, faults>>

\* Preparing failed: a constraint, a full disk. Part of the record may be written, so its opposite is.
RefusePrepare(r, t) ==
    /\ rmState[r][t] = "preparing"
    /\ Become(r, t, "aborted")
    /\ Log(r, "Aborted", t)
    /\ Send({Message("No", t, r)})
    /\ UNCHANGED <<tmVars, rmDurable, answers, faults>>

\* The log's first k unflushed records became durable: votes and acknowledgements for them may go out.
FlushParticipant(r, k) ==
    LET flushed   == First(rmTail[r], k)
        prepared  == {t \in Tx : Contains(flushed, Record("Prepared", t)) /\ rmState[r][t] = "preparing"}
        committed == {t \in Tx : Contains(flushed, Record("Committed", t))}
    IN  /\ RmIsUp(r)
        /\ k \in 1..Len(rmTail[r])
        /\ rmDurable' = [rmDurable EXCEPT ![r] = Persist(@, flushed)]
        /\ rmTail' = [rmTail EXCEPT ![r] = Rest(@, k)]
        /\ rmState' = [rmState EXCEPT ![r] =
               [t \in Tx |-> IF t \in prepared THEN "prepared"
                             ELSE IF t \in committed THEN "committed" ELSE rmState[r][t]]]
        /\ Send({Message("Yes", t, r) : t \in prepared} \cup {Message("Ack", t, r) : t \in committed})
        /\ UNCHANGED <<tmVars, answers, faults>>

\* One who is in doubt asks, by voting again.
VoteAgain(r, t) ==
    /\ rmState[r][t] = "prepared"
    /\ Quiet(t, r)
    /\ Send({Message("Yes", t, r)})
    /\ UNCHANGED <<tmVars, rmVars, answers, faults>>

\* The acknowledgement waits for the flush: it allows the coordinator to forget.
ReceiveCommit(r, t) ==
    /\ RmIsUp(r)
    /\ Deliver(Message("Commit", t, r), IF rmState[r][t] = "committed" THEN {Message("Ack", t, r)} ELSE {})
    /\ IF rmState[r][t] = "prepared"
       THEN Become(r, t, "committing") /\ Log(r, "Committed", t)
       ELSE UNCHANGED <<rmState, rmTail>>
    /\ UNCHANGED <<tmVars, rmDurable, answers, faults>>

\* The aborted record is never waited for: one who loses it is in doubt again, and is told again.
ReceiveAbort(r, t) ==
    /\ RmIsUp(r)
    /\ Deliver(Message("Abort", t, r), {})
    /\ CASE rmState[r][t] = "working"                  -> Become(r, t, "aborted") /\ UNCHANGED rmTail
         [] rmState[r][t] \in {"preparing", "prepared"} -> Become(r, t, "aborted") /\ Log(r, "Aborted", t)
         [] OTHER                                       -> UNCHANGED <<rmState, rmTail>>
    /\ UNCHANGED <<tmVars, rmDurable, answers, faults>>

CrashParticipant(r, k) ==
    /\ RmIsUp(r)
    /\ k \in 0..Len(rmTail[r])
    /\ faults.participantCrashes < MaxParticipantCrashes
    /\ faults' = [faults EXCEPT !.participantCrashes = @ + 1]
    /\ rmDurable' = [rmDurable EXCEPT ![r] = Persist(@, First(rmTail[r], k))]
    /\ rmTail' = [rmTail EXCEPT ![r] = <<>>]
    /\ rmState' = [rmState EXCEPT ![r] = [t \in Tx |-> "down"]]
    /\ UNCHANGED <<tmVars, netVars, answers>>

\* Work that was not prepared is gone, which is the same as aborted.
RecoverParticipant(r) ==
    /\ ~RmIsUp(r)
    /\ rmState' = [rmState EXCEPT ![r] =
           [t \in Tx |-> CASE rmDurable[r][t] = "Prepared"  -> "prepared"
                           [] rmDurable[r][t] = "Committed" -> "committed"
                           [] OTHER                         -> "aborted"]]
    /\ UNCHANGED <<tmVars, rmTail, rmDurable, netVars, answers, faults>>

-----------------------------------------------------------------------------
(* The network *)

Lose(m) ==
    /\ m \in network
    /\ faults.losses < MaxLosses
    /\ faults' = [faults EXCEPT !.losses = @ + 1]
    /\ network' = network \ {m}
    /\ duplicated' = duplicated \ {m}
    /\ UNCHANGED <<tmVars, rmVars, answers>>

\* From now on the network delivers m again and again, however stale it has become.
Duplicate(m) ==
    /\ m \in network \ duplicated
    /\ faults.duplicates < MaxDuplicates
    /\ faults' = [faults EXCEPT !.duplicates = @ + 1]
    /\ duplicated' = duplicated \cup {m}
    /\ UNCHANGED <<tmVars, rmVars, network, answers>>

-----------------------------------------------------------------------------
(* The whole *)

CoordinatorNext ==
    \/ \E t \in Tx :
        \/ RequestCommit(t) \/ RequestRollback(t) \/ VoteTimeOut(t)
        \/ AskOutcome(t)
        \/ \E r \in RM : ReceiveYes(t, r) \/ ReceiveNo(t, r) \/ ReceiveAck(t, r) \/ Resend(t, r)
    \/ \E k \in TailLengths : FlushCoordinator(k)
    \/ RecoverCoordinator

ParticipantNext ==
    \E r \in RM :
        \/ \E t \in Tx :
            \/ ReceivePrepare(r, t) \/ AbortUnilaterally(r, t) \/ RefusePrepare(r, t)
            \/ VoteAgain(r, t) \/ ReceiveCommit(r, t) \/ ReceiveAbort(r, t)
        \/ \E k \in TailLengths : FlushParticipant(r, k)
        \/ RecoverParticipant(r)

EnvironmentNext ==
    \/ \E k \in TailLengths : CrashCoordinator(k)
    \/ \E r \in RM : \E k \in TailLengths : CrashParticipant(r, k)
    \/ \E m \in Messages : Lose(m) \/ Duplicate(m)

Next == CoordinatorNext \/ ParticipantNext \/ EnvironmentNext

(***************************************************************************)
(* Fairness: what is up keeps working (flushes end, timers fire, messages  *)
(* in flight arrive), and what is down comes back.  Nothing is assumed of  *)
(* clients, of refusals or of faults, except that faults are finitely many.*)
(***************************************************************************)
Fairness ==
    /\ WF_vars(RecoverCoordinator)
    /\ WF_vars(\E k \in TailLengths : FlushCoordinator(k))
    /\ \A t \in Tx : WF_vars(VoteTimeOut(t))
    /\ \A t \in Tx, r \in RM :
        /\ WF_vars(Resend(t, r))
        /\ WF_vars(ReceivePrepare(r, t))
        /\ WF_vars(ReceiveYes(t, r))
        /\ WF_vars(ReceiveNo(t, r))
        /\ WF_vars(ReceiveAck(t, r))
        /\ WF_vars(AbortUnilaterally(r, t))
        /\ WF_vars(VoteAgain(r, t))
        /\ WF_vars(ReceiveCommit(r, t))
        /\ WF_vars(ReceiveAbort(r, t))
    /\ \A r \in RM :
        /\ WF_vars(RecoverParticipant(r))
        /\ WF_vars(\E k \in TailLengths : FlushParticipant(r, k))

Spec == Init /\ [][Next]_vars
FairSpec == Spec /\ Fairness

-----------------------------------------------------------------------------
(* Properties *)

(***************************************************************************)
(* What participant r has done about t, seen from outside: only what is    *)
(* durable counts, because a crash may take back the rest.  An unflushed   *)
(* prepared record may yet survive; without one, a dropped transaction is  *)
(* gone for good.                                                          *)
(***************************************************************************)
DurableState(t, r) ==
    CASE rmDurable[r][t] = "Prepared"  -> "prepared"
      [] rmDurable[r][t] = "Committed" -> "committed"
      [] rmDurable[r][t] = "Aborted"   -> "aborted"
      [] OTHER -> IF Contains(rmTail[r], Record("Prepared", t)) THEN "working"
                  ELSE IF rmState[r][t] \in {"aborted", "down"} THEN "aborted" ELSE "working"

Abstract == INSTANCE TransactionCommit
                WITH rmState <- [t \in Tx |-> [r \in RM |-> DurableState(t, r)]]

Refines == Abstract!Spec

Consistency == Abstract!Consistency

CommitIsLogged(t) == tmDurable[t] \in {"Commit", "End"}

CommitNeedsAllVotes ==
    \A t \in Tx :
        (CommitIsLogged(t) \/ Contains(tmTail, Record("Commit", t)))
            => \A r \in RM : rmDurable[r][t] \in {"Prepared", "Committed"}

DurableBeforeSpoken ==
    \A t \in Tx :
        ( \/ "committed" \in answers[t]
          \/ \E r \in RM : Message("Commit", t, r) \in network \/ rmState[r][t] \in {"committing", "committed"} )
            => CommitIsLogged(t)

YesIsDurable ==
    \A t \in Tx, r \in RM : Message("Yes", t, r) \in network => rmDurable[r][t] # "none"

AnswerIsOutcome ==
    \A t \in Tx :
        /\ answers[t] # Outcomes
        /\ "committed" \in answers[t] => \A r \in RM : DurableState(t, r) # "aborted"
        /\ "aborted" \in answers[t] =>
               (~CommitIsLogged(t) /\ \A r \in RM : DurableState(t, r) # "committed")

ForgetNeedsAllAcks ==
    \A t \in Tx :
        (tmDurable[t] = "End" \/ Contains(tmTail, Record("End", t)))
            => \A r \in RM : rmDurable[r][t] = "Committed"

NoStrayMessage ==
    \A t \in Tx, r \in RM :
        Message("Commit", t, r) \in network => rmState[r][t] \notin {"working", "preparing", "aborted"}

AnswerNeverChanges ==
    [][\A t \in Tx : answers[t] # {} => answers'[t] = answers[t]]_vars

DecisionIsStable ==
    [][\A t \in Tx : CommitIsLogged(t) => CommitIsLogged(t)']_vars

InDoubtEnds ==
    \A t \in Tx, r \in RM : rmState[r][t] = "prepared" ~> rmState[r][t] \in Outcomes

Terminates ==
    \A t \in Tx, r \in RM : <>(rmState[r][t] \in Outcomes)

ForgetsInTheEnd ==
    \A t \in Tx : tmState[t] = "committed" ~> tmState[t] = "forgotten"
=============================================================================
