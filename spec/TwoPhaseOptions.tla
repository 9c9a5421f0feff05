-------------------------- MODULE TwoPhaseOptions --------------------------
(***************************************************************************)
(* What the field adds to two-phase commit, and what it costs:             *)
(*                                                                         *)
(*   - One-phase commit.  A transaction with one participant is decided    *)
(*     there: no vote, no decision record.  If the reply is lost, nobody   *)
(*     but that participant knows, and the client is told "unknown".       *)
(*   - Read-only votes.  One who has written nothing drops the branch and  *)
(*     takes no part in what follows; the commit record names the others.  *)
(*   - Stale clean-up.  A branch that was never asked to prepare, and      *)
(*     whose coordinator is gone, is dropped; a late "Prepare" is refused. *)
(*   - A failure detector.  Both sides watch one another by heartbeats; a  *)
(*     late heartbeat makes the other suspected, often wrongly.  Suspicion *)
(*     may abort what is undecided, and nothing else.                      *)
(*   - Heuristic decisions.  One who has been in doubt for too long        *)
(*     decides alone (X/Open XA, 1991), and so may contradict the rest.    *)
(*     It records that before it takes effect, and remembers it until it   *)
(*     is told to forget; the coordinator records and reports "mixed"      *)
(*     before it says so, and "hazard" while it cannot know.               *)
(*                                                                         *)
(* The rest is TwoPhaseCommit, and so are the names.                       *)
(*                                                                         *)
(* Invariants (the code and its tests cite these names):                   *)
(*   1. TypeOK                                                             *)
(*   2. CommitNeedsAllVotes: a commit record exists, even unflushed, only  *)
(*      when each participant is durably prepared or has voted read-only;  *)
(*      it names the former.                                               *)
(*   3. DurableBeforeSpoken: a commit is told to anyone only when it can   *)
(*      no longer be lost: by a durable decision, by a durable commit of   *)
(*      the only participant, or because nobody has anything to commit.    *)
(*   4. YesIsDurable: a participant has said "Yes" only if its prepared    *)
(*      record is durable.                                                 *)
(*   5. OnePhaseIsAlone: a decision is delegated only where there is one   *)
(*      participant, and is then taken nowhere else.                       *)
(*   6. AnswerIsOutcome: the client was told at most one outcome, and      *)
(*      nobody did or will do the other, heuristic decisions excepted.     *)
(*   7. ForgetNeedsAllAcks: the end record exists only when everyone whom  *)
(*      the commit record names is durably done.                           *)
(*   8. HeuristicIsRecorded: a heuristic decision takes effect, and is     *)
(*      spoken of, only when its record is durable.                        *)
(*   9. DivergenceIsHeuristic: where one participant has committed and     *)
(*      another aborted, or either differs from the decision, it has       *)
(*      recorded a heuristic decision.                                     *)
(*  10. ForgetNeedsReport: who contradicts the decision is told to forget  *)
(*      only when the coordinator has recorded and reported it.            *)
(*  11. MixedIsTrue: "mixed" is reported only where somebody contradicts.  *)
(* Action properties:                                                      *)
(*  12. AnswerNeverChanges: "unknown" may give way to the outcome, and an  *)
(*      outcome to nothing.                                                *)
(*  13. OutcomeIsFinal: a participant's durable outcome stays; one who has *)
(*      dropped a branch never prepares it.                                *)
(*  14. HazardIsOpen: "hazard" is reported only while a participant that   *)
(*      has to commit has not said that it did.                            *)
(* Refinement, where there are no heuristic decisions:                     *)
(*  15. Refines: every behaviour is one of TransactionCommit.              *)
(* Liveness, under Fairness:                                               *)
(*  16. Terminates: every participant reaches an end.                      *)
(*  17. ClientIsAnswered: who asks to commit is told something.            *)
(*  18. ForgetsInTheEnd: no committed transaction is remembered for ever.  *)
(*  19. DivergenceIsReported: a contradiction is reported as mixed.        *)
(*                                                                         *)
(* Left out, and why that is sound:                                        *)
(*   - Several transactions and their shared logs, and messages that the   *)
(*     network repeats: TwoPhaseCommit has them, and no option here adds   *)
(*     a step that involves two transactions, or that takes a message for  *)
(*     another than the one it is.                                         *)
(*   - Whether a branch has written anything, and whether a one-phase      *)
(*     commit will be refused: either is known to the store alone, and     *)
(*     shows when the store answers.  Until then the record is taken for   *)
(*     appended, and the answer withdraws it; a crash before that may keep *)
(*     it, as it does with a store that will not answer so.                *)
(*   - Heartbeats as messages: one that is lost or late is one that does   *)
(*     not arrive, and one that arrives may be old, so they arrive at any  *)
(*     moment.  So do time-outs.                                           *)
(*   - A participant that has forgotten a one-phase commit: it does not    *)
(*     answer, which is what a lost reply is.                              *)
(*   - Delegating to the last of several participants, the others having   *)
(*     voted read-only: it has been asked to prepare by then, so that this *)
(*     saves one flush, and costs certainty.                               *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets

CONSTANTS
    RM,                       \* the participants
    MaxCoordinatorCrashes,    \* how many faults of each kind the environment still owes us
    MaxParticipantCrashes,
    MaxLosses,
    MaxSuspicions,            \* heartbeats that come too late, on either side
    MaxHeuristics             \* participants that lose patience; 0 switches heuristic decisions off

VARIABLES
    tmState,          \* the coordinator's volatile state
    tmParticipants,   \* who takes part, as far as the coordinator knows: readers drop out
    tmHeard,          \* who of them has voted yes (preparing) or acknowledged (committed)
    tmTail,           \* the coordinator's appended, unflushed records, oldest first
    tmDurable,        \* its durable records, oldest first
    rmState,          \* rmState[r]: participant r's volatile state
    rmTail,           \* rmTail[r]: its appended, unflushed records
    rmDurable,        \* rmDurable[r]: its durable records
    tmSuspects,       \* the participants that the coordinator suspects
    rmSuspects,       \* the participants that suspect the coordinator
    network,          \* the messages in flight
    answers,          \* everything that the client was ever told
    reports,          \* everything that the operator was ever told
    readers,          \* who has ever voted read-only: remembered for the properties alone
    faults            \* how many of each fault have happened

tmVars == <<tmState, tmParticipants, tmHeard, tmTail, tmDurable>>
rmVars == <<rmState, rmTail, rmDurable, readers>>
suspicions == <<tmSuspects, rmSuspects>>
told == <<answers, reports>>
vars == <<tmVars, rmVars, suspicions, network, told, faults>>

-----------------------------------------------------------------------------
(* Types *)

TmStates == {"working", "preparing", "delegated", "committing", "committed", "aborted", "forgotten", "down"}
RmStates == {"working", "preparing", "prepared", "readOnly", "committing", "committingOnePhase", "committed", "aborted",
             "heuristicallyCommitting", "heuristicallyAborting", "heuristicallyCommitted", "heuristicallyAborted",
             "forgetting", "forgotten", "down"}

MessageTypes == {"Prepare", "Yes", "No", "ReadOnly", "Commit", "CommitOnePhase", "Abort", "Ack",
                 "HeuristicCommitted", "HeuristicAborted", "Forget"}
Messages == [type : MessageTypes, rm : RM]

\* Whom a record names: a commit record those who must commit, a heuristic record the one who did otherwise.
TmRecords == [type : {"Commit", "End", "Heuristic"}, names : SUBSET RM]
RmRecords == {"Prepared", "Committed", "Aborted", "HeuristicCommitted", "HeuristicAborted", "Forgotten"}

Outcomes == {"committed", "aborted"}
Sides == {"coordinator", "participant"}

TypeOK ==
    /\ tmState \in TmStates
    /\ tmParticipants \subseteq RM
    /\ tmHeard \subseteq tmParticipants
    /\ \A i \in DOMAIN tmTail : tmTail[i] \in TmRecords
    /\ \A i \in DOMAIN tmDurable : tmDurable[i] \in TmRecords
    /\ rmState \in [RM -> RmStates]
    /\ \A r \in RM : \A i \in DOMAIN rmTail[r] : rmTail[r][i] \in RmRecords
    /\ \A r \in RM : \A i \in DOMAIN rmDurable[r] : rmDurable[r][i] \in RmRecords
    /\ tmSuspects \subseteq RM
    /\ rmSuspects \subseteq RM
    /\ network \subseteq Messages
    /\ answers \subseteq Outcomes \cup {"unknown"}
    /\ reports \subseteq {"hazard", "mixed"}
    /\ readers \subseteq RM
    /\ faults.coordinatorCrashes \in 0..MaxCoordinatorCrashes
    /\ faults.participantCrashes \in 0..MaxParticipantCrashes
    /\ faults.losses \in 0..MaxLosses
    /\ faults.suspicions \in 0..MaxSuspicions
    /\ faults.heuristics \in 0..MaxHeuristics

Init ==
    /\ tmState = "working"
    /\ tmParticipants = RM
    /\ tmHeard = {}
    /\ tmTail = <<>>
    /\ tmDurable = <<>>
    /\ rmState = [r \in RM |-> "working"]
    /\ rmTail = [r \in RM |-> <<>>]
    /\ rmDurable = [r \in RM |-> <<>>]
    /\ tmSuspects = {}
    /\ rmSuspects = {}
    /\ network = {}
    /\ answers = {}
    /\ reports = {}
    /\ readers = {}
    /\ faults = [coordinatorCrashes |-> 0, participantCrashes |-> 0, losses |-> 0, suspicions |-> 0, heuristics |-> 0]

-----------------------------------------------------------------------------
(* Messages *)

Message(type, r) == [type |-> type, rm |-> r]

ToAll(type, rms) == {Message(type, r) : r \in rms}

Send(messages) == network' = network \cup messages

\* Takes m from the network and sends the replies.
Deliver(m, replies) ==
    /\ m \in network
    /\ network' = (network \ {m}) \cup replies

\* Nothing between the coordinator and r is on its way.
Quiet(r) == \A m \in network : m.rm # r

-----------------------------------------------------------------------------
(* Logs *)

First(log, k) == SubSeq(log, 1, k)
Rest(log, k)  == SubSeq(log, k + 1, Len(log))

Contains(log, record) == \E i \in DOMAIN log : log[i] = record

Last(log) == IF log = <<>> THEN "none" ELSE log[Len(log)]

\* No tail is longer than this. (A constant, so that TLC knows actions by name.)
TailLengths == 0..(Cardinality(RM) + 2)

-----------------------------------------------------------------------------
(* The coordinator *)

TmIsUp == tmState # "down"

TmRecord(type, names) == [type |-> type, names |-> names]

IsLogged(log, type) == \E i \in DOMAIN log : log[i].type = type

\* The client has done its work and wants to commit: first phase.
RequestCommit ==
    /\ tmState = "working"
    /\ tmState' = "preparing"
    /\ Send(ToAll("Prepare", tmParticipants))
    /\ UNCHANGED <<tmParticipants, tmHeard, tmTail, tmDurable, rmVars, suspicions, told, faults>>

\* The only participant decides. Nothing is logged here: there is nothing that anyone else would have to be told.
RequestCommitOnePhase ==
    /\ tmState = "working"
    /\ Cardinality(tmParticipants) = 1
    /\ tmState' = "delegated"
    /\ Send(ToAll("CommitOnePhase", tmParticipants))
    /\ UNCHANGED <<tmParticipants, tmHeard, tmTail, tmDurable, rmVars, suspicions, told, faults>>

\* The client wants to know, and the coordinator does not: perhaps it has committed, perhaps not.
OnePhaseTimeOut ==
    /\ tmState = "delegated"
    /\ answers' = answers \cup {"unknown"}
    /\ UNCHANGED <<tmVars, rmVars, suspicions, network, reports, faults>>

\* The decision to abort is not logged: knowing nothing means abort. It is told at once.
DecideAbort ==
    /\ tmState' = "aborted"
    /\ tmHeard' = {}
    /\ answers' = answers \cup {"aborted"}
    /\ UNCHANGED <<tmParticipants, tmTail, tmDurable, rmVars, suspicions, reports, faults>>

\* The client gives up.
RequestRollback ==
    /\ tmState = "working"
    /\ DecideAbort
    /\ Send(ToAll("Abort", tmParticipants))

\* The coordinator waits no longer for votes, rightly or not.
VoteTimeOut ==
    /\ tmState = "preparing"
    /\ DecideAbort
    /\ Send(ToAll("Abort", tmParticipants))

\* It waits no longer for the vote of one whom it suspects, rightly or not. Of what is decided, suspicion changes nothing.
ParticipantSuspected(r) ==
    /\ tmState = "preparing"
    /\ r \in tmSuspects
    /\ r \in tmParticipants \ tmHeard
    /\ DecideAbort
    /\ Send(ToAll("Abort", tmParticipants))

\* The last vote decides. The record is appended, and names who must commit; nobody may hear of it yet (invariant 3).
DecideCommit(participants) ==
    /\ tmState' = "committing"
    /\ tmParticipants' = participants
    /\ tmHeard' = {}
    /\ tmTail' = Append(tmTail, TmRecord("Commit", participants))

RecordYes(r) ==
    /\ tmHeard' = tmHeard \cup {r}
    /\ UNCHANGED <<tmState, tmParticipants, tmTail>>

\* A vote, or the question of one who is in doubt: both are answered from what is known.
ReceiveYes(r) ==
    /\ TmIsUp
    /\ Deliver(Message("Yes", r),
               CASE tmState = "committed"               -> {Message("Commit", r)}
                 [] tmState \in {"aborted", "forgotten"} -> {Message("Abort", r)}
                 [] OTHER                                -> {})
    /\ IF tmState = "preparing"
       THEN IF tmHeard \cup {r} = tmParticipants THEN DecideCommit(tmParticipants) ELSE RecordYes(r)
       ELSE UNCHANGED <<tmState, tmParticipants, tmHeard, tmTail>>
    /\ UNCHANGED <<tmDurable, rmVars, suspicions, told, faults>>

\* Knowing nothing, once more: nobody has anything to ask.
Forget ==
    /\ tmState' = "forgotten"
    /\ tmParticipants' = {}
    /\ tmHeard' = {}

\* One less to wait for, and to tell. Where all have only read, that is a commit: without a record, without a second phase.
ReceiveReadOnly(r) ==
    LET others == tmParticipants \ {r}
    IN  /\ TmIsUp
        /\ Deliver(Message("ReadOnly", r), {})
        /\ IF tmState # "preparing" THEN UNCHANGED <<tmState, tmParticipants, tmHeard, tmTail, answers>>
           ELSE CASE others = {}       -> Forget /\ answers' = answers \cup {"committed"} /\ UNCHANGED tmTail
                  [] others = tmHeard /\ others # {} -> DecideCommit(others) /\ UNCHANGED answers
                  [] OTHER -> tmParticipants' = others /\ UNCHANGED <<tmState, tmHeard, tmTail, answers>>
        /\ UNCHANGED <<tmDurable, rmVars, suspicions, reports, faults>>

\* One no is enough. The only participant, to which the decision was delegated, has taken it.
ReceiveNo(r) ==
    /\ TmIsUp
    /\ CASE tmState = "preparing" -> DecideAbort /\ Deliver(Message("No", r), ToAll("Abort", tmParticipants))
         [] tmState = "delegated" -> DecideAbort /\ Deliver(Message("No", r), {})
         [] OTHER -> Deliver(Message("No", r), {}) /\ UNCHANGED <<tmVars, rmVars, suspicions, told, faults>>

\* The log's first k unflushed records became durable. What they say may now be told.
FlushCoordinator(k) ==
    LET flushed      == First(tmTail, k)
        isDecided    == IsLogged(flushed, "Commit")
        contradicted == {r \in RM : Contains(flushed, TmRecord("Heuristic", {r}))}
    IN  /\ TmIsUp
        /\ k \in 1..Len(tmTail)
        /\ tmDurable' = tmDurable \o flushed
        /\ tmTail' = Rest(tmTail, k)
        /\ tmState' = IF isDecided THEN "committed" ELSE tmState
        /\ answers' = IF isDecided THEN answers \cup {"committed"} ELSE answers
        /\ reports' = IF contradicted # {} THEN reports \cup {"mixed"} ELSE reports
        /\ Send((IF isDecided THEN ToAll("Commit", tmParticipants) ELSE {}) \cup ToAll("Forget", contradicted))
        /\ UNCHANGED <<tmParticipants, tmHeard, rmVars, suspicions, faults>>

RecordAck(r) ==
    /\ tmHeard' = tmHeard \cup ({r} \cap tmParticipants)
    /\ UNCHANGED <<tmState, tmParticipants, tmTail>>

\* With the last acknowledgement nobody will ever ask again: the end record needs no flush.
ReceiveAck(r) ==
    /\ TmIsUp
    /\ Deliver(Message("Ack", r), {})
    /\ CASE tmState = "delegated" -> Forget /\ answers' = answers \cup {"committed"} /\ UNCHANGED tmTail
         [] tmState = "committed" /\ tmHeard \cup {r} = tmParticipants ->
                Forget /\ tmTail' = Append(tmTail, TmRecord("End", {})) /\ UNCHANGED answers
         [] tmState = "committed" /\ tmHeard \cup {r} # tmParticipants -> RecordAck(r) /\ UNCHANGED answers
         [] OTHER -> UNCHANGED <<tmState, tmParticipants, tmHeard, tmTail, answers>>
    /\ UNCHANGED <<tmDurable, rmVars, suspicions, reports, faults>>

\* A contradiction is recorded first, and then reported. What is about to be recorded is not recorded twice.
RecordHeuristic(r) ==
    tmTail' = IF Contains(tmTail, TmRecord("Heuristic", {r})) THEN tmTail ELSE Append(tmTail, TmRecord("Heuristic", {r}))

\* It was told to abort, and had committed.
ReceiveHeuristicCommitted(r) ==
    /\ TmIsUp
    /\ Deliver(Message("HeuristicCommitted", r), {})
    /\ IF tmState \in {"aborted", "forgotten"} THEN RecordHeuristic(r) ELSE UNCHANGED tmTail
    /\ UNCHANGED <<tmState, tmParticipants, tmHeard, tmDurable, rmVars, suspicions, told, faults>>

\* It was told to commit, and had aborted. If that is forgotten, it was recorded before.
ReceiveHeuristicAborted(r) ==
    /\ TmIsUp
    /\ Deliver(Message("HeuristicAborted", r), {})
    /\ IF tmState = "committed" THEN RecordHeuristic(r) ELSE UNCHANGED tmTail
    /\ UNCHANGED <<tmState, tmParticipants, tmHeard, tmDurable, rmVars, suspicions, told, faults>>

\* The decision is known, and whether it was followed everywhere is not.
ReportHazard ==
    /\ MaxHeuristics > 0
    /\ tmState = "committed"
    /\ reports' = reports \cup {"hazard"}
    /\ UNCHANGED <<tmVars, rmVars, suspicions, network, answers, faults>>

\* Whoever has not answered is asked, or told, once more.
Resend(r) ==
    /\ tmState \in {"preparing", "delegated", "committed"}
    /\ r \in tmParticipants \ tmHeard
    /\ Quiet(r)
    /\ Send({Message(CASE tmState = "preparing" -> "Prepare"
                       [] tmState = "delegated" -> "CommitOnePhase"
                       [] OTHER                 -> "Commit", r)})
    /\ UNCHANGED <<tmVars, rmVars, suspicions, told, faults>>

\* The client asks for the outcome; only a coordinator that knows it answers.
AskOutcome ==
    /\ tmState \in Outcomes
    /\ answers' = answers \cup {tmState}
    /\ UNCHANGED <<tmVars, rmVars, suspicions, network, reports, faults>>

\* Volatile state is gone; of the tail, any prefix survives. A client that was waiting is told nothing, which is "unknown".
CrashCoordinator(k) ==
    /\ TmIsUp
    /\ k \in 0..Len(tmTail)
    /\ faults.coordinatorCrashes < MaxCoordinatorCrashes
    /\ faults' = [faults EXCEPT !.coordinatorCrashes = @ + 1]
    /\ tmDurable' = tmDurable \o First(tmTail, k)
    /\ tmTail' = <<>>
    /\ tmState' = "down"
    /\ tmParticipants' = {}
    /\ tmHeard' = {}
    /\ tmSuspects' = {}
    /\ answers' = IF tmState \in {"preparing", "delegated", "committing"} THEN answers \cup {"unknown"} ELSE answers
    /\ UNCHANGED <<rmVars, rmSuspects, network, reports>>

\* Whom the commit record names. There is one at most.
Named == UNION {tmDurable[i].names : i \in {j \in DOMAIN tmDurable : tmDurable[j].type = "Commit"}}

\* What the log does not say was committed is presumed aborted.
RecoverCoordinator ==
    /\ ~TmIsUp
    /\ IF IsLogged(tmDurable, "Commit") /\ ~IsLogged(tmDurable, "End")
       THEN tmState' = "committed" /\ tmParticipants' = Named
       ELSE tmState' = "forgotten" /\ UNCHANGED tmParticipants
    /\ UNCHANGED <<tmHeard, tmTail, tmDurable, rmVars, suspicions, network, told, faults>>

-----------------------------------------------------------------------------
(* A participant *)

RmIsUp(r) == rmState[r] # "down"

Become(r, state) == rmState' = [rmState EXCEPT ![r] = state]

Log(r, record) == rmTail' = [rmTail EXCEPT ![r] = Append(@, record)]

\* The store has answered that there is nothing to write: what was to be the last record will not be one.
Withdraw(r) == rmTail' = [rmTail EXCEPT ![r] = First(@, Len(@) - 1)]

\* The prepared record is appended; the vote waits for the flush (invariant 4). Who has dropped the branch refuses.
ReceivePrepare(r) ==
    /\ RmIsUp(r)
    /\ Deliver(Message("Prepare", r),
               CASE rmState[r] = "aborted"  -> {Message("No", r)}
                 [] rmState[r] = "prepared" -> {Message("Yes", r)}
                 [] rmState[r] = "readOnly" -> {Message("ReadOnly", r)}
                 [] OTHER                   -> {})
    /\ IF rmState[r] = "working"
       THEN Become(r, "preparing") /\ Log(r, "Prepared")
       ELSE UNCHANGED <<rmState, rmTail>>
    /\ UNCHANGED <<tmVars, rmDurable, readers, suspicions, told, faults>>

\* Nothing was written here: either outcome is right, and nothing need be kept to bring it about.
VoteReadOnly(r) ==
    /\ rmState[r] = "preparing"
    /\ Become(r, "readOnly")
    /\ Withdraw(r)
    /\ readers' = readers \cup {r}
    /\ Send({Message("ReadOnly", r)})
    /\ UNCHANGED <<tmVars, rmDurable, suspicions, told, faults>>

\* Preparing failed: a constraint, a full disk. Part of the record may be written, so its opposite is.
RefusePrepare(r) ==
    /\ rmState[r] = "preparing"
    /\ Become(r, "aborted")
    /\ Log(r, "Aborted")
    /\ Send({Message("No", r)})
    /\ UNCHANGED <<tmVars, rmDurable, readers, suspicions, told, faults>>

\* Before it has been asked, a participant may drop the transaction for any reason of its own.
AbortUnilaterally(r) ==
    /\ rmState[r] = "working"
    /\ Become(r, "aborted")
    /\ UNCHANGED <<tmVars, rmTail, rmDurable, readers, suspicions, network, told, faults>>

\* The coordinator is gone, or has come back knowing nothing, or so it seems: nobody will ask for this branch.
DropStale(r) ==
    /\ rmState[r] = "working"
    /\ r \in rmSuspects \/ faults.coordinatorCrashes > 0
    /\ Become(r, "aborted")
    /\ UNCHANGED <<tmVars, rmTail, rmDurable, readers, suspicions, network, told, faults>>

\* The decision is this participant's: its committed record is the transaction's. Who has decided answers again.
ReceiveCommitOnePhase(r) ==
    /\ RmIsUp(r)
    /\ Deliver(Message("CommitOnePhase", r),
               CASE rmState[r] = "committed" -> {Message("Ack", r)}
                 [] rmState[r] = "aborted"   -> {Message("No", r)}
                 [] OTHER                    -> {})
    /\ IF rmState[r] = "working"
       THEN Become(r, "committingOnePhase") /\ Log(r, "Committed")
       ELSE UNCHANGED <<rmState, rmTail>>
    /\ UNCHANGED <<tmVars, rmDurable, readers, suspicions, told, faults>>

\* The store will not commit: nothing was written, and all is rolled back.
RefuseOnePhase(r) ==
    /\ rmState[r] = "committingOnePhase"
    /\ Become(r, "aborted")
    /\ Withdraw(r)
    /\ Send({Message("No", r)})
    /\ UNCHANGED <<tmVars, rmDurable, readers, suspicions, told, faults>>

\* The state to which the flush of the record that it waits for leads.
Flushed(state, records) ==
    CASE state = "preparing" /\ Contains(records, "Prepared")                         -> "prepared"
      [] state \in {"committing", "committingOnePhase"} /\ Contains(records, "Committed") -> "committed"
      [] state = "heuristicallyCommitting" /\ Contains(records, "HeuristicCommitted") -> "heuristicallyCommitted"
      [] state = "heuristicallyAborting" /\ Contains(records, "HeuristicAborted")     -> "heuristicallyAborted"
      [] state = "forgetting" /\ Contains(records, "Forgotten")                       -> "forgotten"
      [] OTHER                                                                        -> state

\* The log's first k unflushed records became durable: votes and acknowledgements for them may go out.
FlushParticipant(r, k) ==
    LET flushed == First(rmTail[r], k)
        state   == Flushed(rmState[r], flushed)
    IN  /\ RmIsUp(r)
        /\ k \in 1..Len(rmTail[r])
        /\ rmDurable' = [rmDurable EXCEPT ![r] = @ \o flushed]
        /\ rmTail' = [rmTail EXCEPT ![r] = Rest(@, k)]
        /\ Become(r, state)
        /\ Send(IF state = rmState[r] THEN {}
                ELSE CASE state = "prepared"                   -> {Message("Yes", r)}
                       [] state \in {"committed", "forgotten"} -> {Message("Ack", r)}
                       [] OTHER                                -> {})
        /\ UNCHANGED <<tmVars, readers, suspicions, told, faults>>

\* One who is in doubt asks, by voting again. So does one who has decided alone, and does not know whether rightly.
VoteAgain(r) ==
    /\ rmState[r] \in {"prepared", "heuristicallyCommitted", "heuristicallyAborted"}
    /\ Quiet(r)
    /\ Send({Message("Yes", r)})
    /\ UNCHANGED <<tmVars, rmVars, suspicions, told, faults>>

\* The acknowledgement waits for the flush. Who has decided alone and rightly goes on as if it had waited; who has decided
\* wrongly says so.
ReceiveCommit(r) ==
    /\ RmIsUp(r)
    /\ Deliver(Message("Commit", r),
               CASE rmState[r] \in {"committed", "forgotten"} -> {Message("Ack", r)}
                 [] rmState[r] = "heuristicallyAborted"       -> {Message("HeuristicAborted", r)}
                 [] OTHER                                     -> {})
    /\ IF rmState[r] \in {"prepared", "heuristicallyCommitted"}
       THEN Become(r, "committing") /\ Log(r, "Committed")
       ELSE UNCHANGED <<rmState, rmTail>>
    /\ UNCHANGED <<tmVars, rmDurable, readers, suspicions, told, faults>>

\* The aborted record is never waited for: one who loses it is in doubt again, and is told again.
ReceiveAbort(r) ==
    /\ RmIsUp(r)
    /\ Deliver(Message("Abort", r),
               IF rmState[r] = "heuristicallyCommitted" THEN {Message("HeuristicCommitted", r)} ELSE {})
    /\ CASE rmState[r] = "working" -> Become(r, "aborted") /\ UNCHANGED rmTail
         [] rmState[r] \in {"preparing", "prepared", "heuristicallyAborted"} -> Become(r, "aborted") /\ Log(r, "Aborted")
         [] OTHER -> UNCHANGED <<rmState, rmTail>>
    /\ UNCHANGED <<tmVars, rmDurable, readers, suspicions, told, faults>>

\* In doubt for too long.
LosePatience(r) ==
    /\ rmState[r] = "prepared"
    /\ faults.heuristics < MaxHeuristics
    /\ faults' = [faults EXCEPT !.heuristics = @ + 1]
    /\ UNCHANGED <<tmVars, rmDurable, readers, suspicions, network, told>>

\* It decides alone. The record is appended; it takes effect with the flush (invariant 8).
HeuristicCommit(r) ==
    /\ LosePatience(r)
    /\ Become(r, "heuristicallyCommitting")
    /\ Log(r, "HeuristicCommitted")

HeuristicAbort(r) ==
    /\ LosePatience(r)
    /\ Become(r, "heuristicallyAborting")
    /\ Log(r, "HeuristicAborted")

\* It has been reported. Until this record is durable the participant may have to say it again.
ReceiveForget(r) ==
    /\ RmIsUp(r)
    /\ Deliver(Message("Forget", r), IF rmState[r] = "forgotten" THEN {Message("Ack", r)} ELSE {})
    /\ IF rmState[r] \in {"heuristicallyCommitted", "heuristicallyAborted"}
       THEN Become(r, "forgetting") /\ Log(r, "Forgotten")
       ELSE UNCHANGED <<rmState, rmTail>>
    /\ UNCHANGED <<tmVars, rmDurable, readers, suspicions, told, faults>>

CrashParticipant(r, k) ==
    /\ RmIsUp(r)
    /\ k \in 0..Len(rmTail[r])
    /\ faults.participantCrashes < MaxParticipantCrashes
    /\ faults' = [faults EXCEPT !.participantCrashes = @ + 1]
    /\ rmDurable' = [rmDurable EXCEPT ![r] = @ \o First(rmTail[r], k)]
    /\ rmTail' = [rmTail EXCEPT ![r] = <<>>]
    /\ Become(r, "down")
    /\ rmSuspects' = rmSuspects \ {r}
    /\ UNCHANGED <<tmVars, readers, tmSuspects, network, told>>

\* Work that was not prepared is gone, which is the same as aborted.
RecoverParticipant(r) ==
    /\ ~RmIsUp(r)
    /\ Become(r, CASE Last(rmDurable[r]) = "Prepared"           -> "prepared"
                   [] Last(rmDurable[r]) = "Committed"          -> "committed"
                   [] Last(rmDurable[r]) = "HeuristicCommitted" -> "heuristicallyCommitted"
                   [] Last(rmDurable[r]) = "HeuristicAborted"   -> "heuristicallyAborted"
                   [] Last(rmDurable[r]) = "Forgotten"          -> "forgotten"
                   [] OTHER                                     -> "aborted")
    /\ UNCHANGED <<tmVars, rmTail, rmDurable, readers, suspicions, network, told, faults>>

-----------------------------------------------------------------------------
(* The failure detector: the coordinator watches r, and r the coordinator *)

WatcherIsUp(r, side) == IF side = "coordinator" THEN TmIsUp ELSE RmIsUp(r)

\* The heartbeat is late, because the other is down, or slow, or because the network is.
HeartbeatTimeOut(r, side) ==
    /\ WatcherIsUp(r, side)
    /\ IF side = "coordinator" THEN r \notin tmSuspects ELSE r \notin rmSuspects
    /\ faults.suspicions < MaxSuspicions
    /\ faults' = [faults EXCEPT !.suspicions = @ + 1]
    /\ IF side = "coordinator"
       THEN tmSuspects' = tmSuspects \cup {r} /\ UNCHANGED rmSuspects
       ELSE rmSuspects' = rmSuspects \cup {r} /\ UNCHANGED tmSuspects
    /\ UNCHANGED <<tmVars, rmVars, network, told>>

\* Whoever was suspected is trusted again, which may be wrong as well.
ReceiveHeartbeat(r, side) ==
    /\ WatcherIsUp(r, side)
    /\ IF side = "coordinator"
       THEN tmSuspects' = tmSuspects \ {r} /\ UNCHANGED rmSuspects
       ELSE rmSuspects' = rmSuspects \ {r} /\ UNCHANGED tmSuspects
    /\ UNCHANGED <<tmVars, rmVars, network, told, faults>>

-----------------------------------------------------------------------------
(* The network *)

Lose(m) ==
    /\ m \in network
    /\ faults.losses < MaxLosses
    /\ faults' = [faults EXCEPT !.losses = @ + 1]
    /\ network' = network \ {m}
    /\ UNCHANGED <<tmVars, rmVars, suspicions, told>>

-----------------------------------------------------------------------------
(* The whole *)

CoordinatorNext ==
    \/ RequestCommit \/ RequestCommitOnePhase \/ RequestRollback
    \/ VoteTimeOut \/ OnePhaseTimeOut
    \/ ReportHazard \/ AskOutcome
    \/ \E r \in RM :
        \/ ParticipantSuspected(r)
        \/ ReceiveYes(r) \/ ReceiveNo(r) \/ ReceiveReadOnly(r) \/ ReceiveAck(r)
        \/ ReceiveHeuristicCommitted(r) \/ ReceiveHeuristicAborted(r)
        \/ Resend(r)
    \/ \E k \in TailLengths : FlushCoordinator(k)
    \/ RecoverCoordinator

ParticipantNext ==
    \E r \in RM :
        \/ ReceivePrepare(r) \/ VoteReadOnly(r) \/ RefusePrepare(r)
        \/ AbortUnilaterally(r) \/ DropStale(r)
        \/ ReceiveCommitOnePhase(r) \/ RefuseOnePhase(r)
        \/ VoteAgain(r) \/ ReceiveCommit(r) \/ ReceiveAbort(r)
        \/ HeuristicCommit(r) \/ HeuristicAbort(r) \/ ReceiveForget(r)
        \/ \E k \in TailLengths : FlushParticipant(r, k)
        \/ RecoverParticipant(r)

DetectorNext ==
    \E r \in RM : \E side \in Sides : HeartbeatTimeOut(r, side) \/ ReceiveHeartbeat(r, side)

EnvironmentNext ==
    \/ \E k \in TailLengths : CrashCoordinator(k)
    \/ \E r \in RM : \E k \in TailLengths : CrashParticipant(r, k)
    \/ \E m \in Messages : Lose(m)

Next == CoordinatorNext \/ ParticipantNext \/ DetectorNext \/ EnvironmentNext

(***************************************************************************)
(* Fairness: what is up keeps working (flushes end, timers fire, messages  *)
(* in flight arrive), and what is down comes back.  Nothing is assumed of  *)
(* clients, of refusals, of suspicions, of patience or of faults, except   *)
(* that all of them are finitely many.                                     *)
(***************************************************************************)
Fairness ==
    /\ WF_vars(RecoverCoordinator)
    /\ WF_vars(\E k \in TailLengths : FlushCoordinator(k))
    /\ WF_vars(VoteTimeOut)
    /\ WF_vars(OnePhaseTimeOut)
    /\ \A r \in RM :
        /\ WF_vars(Resend(r))
        /\ WF_vars(ReceivePrepare(r))
        /\ WF_vars(ReceiveYes(r))
        /\ WF_vars(ReceiveNo(r))
        /\ WF_vars(ReceiveReadOnly(r))
        /\ WF_vars(ReceiveAck(r))
        /\ WF_vars(ReceiveHeuristicCommitted(r))
        /\ WF_vars(ReceiveHeuristicAborted(r))
        /\ WF_vars(AbortUnilaterally(r))
        /\ WF_vars(VoteAgain(r))
        /\ WF_vars(ReceiveCommit(r))
        /\ WF_vars(ReceiveCommitOnePhase(r))
        /\ WF_vars(ReceiveAbort(r))
        /\ WF_vars(ReceiveForget(r))
        /\ WF_vars(RecoverParticipant(r))
        /\ WF_vars(\E k \in TailLengths : FlushParticipant(r, k))

Spec == Init /\ [][Next]_vars
FairSpec == Spec /\ Fairness

-----------------------------------------------------------------------------
(* Properties *)

HasLogged(r, record) == Contains(rmDurable[r], record)

DecidedAlone(r) == HasLogged(r, "HeuristicCommitted") \/ HasLogged(r, "HeuristicAborted")

(***************************************************************************)
(* What participant r has done, seen from outside: only what is durable    *)
(* counts, because a crash may take back the rest.  One who has voted      *)
(* read-only follows either outcome, and stands for ever where that is     *)
(* possible.  One who commits alone can still be stopped from it while the *)
(* record is unflushed, and stands there too.                              *)
(***************************************************************************)
DurableState(r) ==
    CASE r \in readers                                                      -> "prepared"
      [] HasLogged(r, "Committed") \/ HasLogged(r, "HeuristicCommitted")    -> "committed"
      [] HasLogged(r, "Aborted") \/ HasLogged(r, "HeuristicAborted")        -> "aborted"
      [] HasLogged(r, "Prepared") \/ Contains(rmTail[r], "Committed")       -> "prepared"
      [] OTHER -> IF Contains(rmTail[r], "Prepared") THEN "working"
                  ELSE IF rmState[r] \in {"aborted", "down"} THEN "aborted" ELSE "working"

Abstract == INSTANCE TransactionCommit
                WITH Tx <- {"t"}, rmState <- [t \in {"t"} |-> [r \in RM |-> DurableState(r)]]

Refines == Abstract!Spec

CommitIsLogged == IsLogged(tmDurable, "Commit")

CommitNeedsAllVotes ==
    \A i \in DOMAIN (tmDurable \o tmTail) :
        LET record == (tmDurable \o tmTail)[i]
        IN  record.type = "Commit" =>
                /\ record.names = RM \ readers
                /\ \A r \in record.names : HasLogged(r, "Prepared")

DurableBeforeSpoken ==
    /\ "committed" \in answers =>
           \/ CommitIsLogged
           \/ readers = RM
           \/ \E r \in RM : RM = {r} /\ HasLogged(r, "Committed")
    /\ \A r \in RM : (Message("Commit", r) \in network \/ rmState[r] = "committing") => CommitIsLogged

YesIsDurable ==
    \A r \in RM : Message("Yes", r) \in network => HasLogged(r, "Prepared")

OnePhaseIsAlone ==
    \A r \in RM :
        (tmState = "delegated" \/ Message("CommitOnePhase", r) \in network \/ rmState[r] = "committingOnePhase")
            => RM = {r} /\ tmDurable \o tmTail = <<>> /\ ~HasLogged(r, "Prepared")

\* The outcome, where it is settled: by a durable record, or by a coordinator that will never write one.
IsCommitted == CommitIsLogged \/ (\E r \in RM : RM = {r} /\ HasLogged(r, "Committed"))
IsAborted   == ~IsCommitted /\ tmState \in {"aborted", "forgotten"} /\ readers # RM

AnswerIsOutcome ==
    /\ ~(Outcomes \subseteq answers)
    /\ "committed" \in answers => \A r \in RM : DurableState(r) = "aborted" => DecidedAlone(r)
    /\ "aborted" \in answers =>
           /\ ~CommitIsLogged
           /\ \A r \in RM : DurableState(r) = "committed" => DecidedAlone(r)

ForgetNeedsAllAcks ==
    IsLogged(tmDurable \o tmTail, "End") =>
        \A r \in RM \ readers : HasLogged(r, "Committed") \/ HasLogged(r, "Forgotten")

HeuristicIsRecorded ==
    \A r \in RM :
        /\ (rmState[r] = "heuristicallyCommitted" \/ Message("HeuristicCommitted", r) \in network)
               => HasLogged(r, "HeuristicCommitted")
        /\ (rmState[r] = "heuristicallyAborted" \/ Message("HeuristicAborted", r) \in network)
               => HasLogged(r, "HeuristicAborted")

Contradicts(r) ==
    \/ IsCommitted /\ DurableState(r) = "aborted"
    \/ IsAborted /\ DurableState(r) = "committed"

DivergenceIsHeuristic ==
    /\ \A r \in RM : Contradicts(r) => DecidedAlone(r)
    /\ \A a, b \in RM :
           DurableState(a) = "committed" /\ DurableState(b) = "aborted" => DecidedAlone(a) \/ DecidedAlone(b)

ForgetNeedsReport ==
    \A r \in RM :
        (Message("Forget", r) \in network \/ Contains(rmDurable[r] \o rmTail[r], "Forgotten"))
            => "mixed" \in reports /\ Contains(tmDurable, TmRecord("Heuristic", {r}))

MixedIsTrue ==
    "mixed" \in reports =>
        \E r \in RM : DecidedAlone(r) /\ DurableState(r) = (IF CommitIsLogged THEN "aborted" ELSE "committed")

AnswerNeverChanges ==
    [][answers \cap Outcomes # {} => answers' = answers]_vars

OutcomeIsFinal ==
    [][\A r \in RM : DurableState(r) \in Outcomes => DurableState(r)' = DurableState(r)]_vars

HazardIsOpen ==
    [][reports' \ reports = {"hazard"} => CommitIsLogged /\ ~IsLogged(tmDurable \o tmTail, "End")]_vars

Terminates ==
    \A r \in RM : <>(rmState[r] \in {"readOnly", "committed", "aborted", "forgotten"})

ClientIsAnswered ==
    tmState \in {"preparing", "delegated", "committing"} ~> answers # {}

ForgetsInTheEnd ==
    tmState = "committed" ~> tmState = "forgotten"

DivergenceIsReported ==
    (\E r \in RM : Contradicts(r)) ~> "mixed" \in reports
=============================================================================
