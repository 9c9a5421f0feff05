------------------------- MODULE TransactionCommit -------------------------
(***************************************************************************)
(* What it means to commit a transaction across several stores: either     *)
(* every participant commits it or none does.  This module has no          *)
(* coordinator, no messages, no logs and no crashes; those are ways of     *)
(* getting here, and TwoPhaseCommit is checked to be one of them.          *)
(*                                                                         *)
(* It is Gray and Lamport's TCommit ("Consensus on Transaction Commit",    *)
(* 2006) for several transactions at once.  The transactions are           *)
(* independent but for one thing: a participant may make its changes for   *)
(* several of them durable in one step, because real ones flush one log.   *)
(*                                                                         *)
(* Invariants:                                                             *)
(*   1. TypeOK       every state is one of the four.                       *)
(*   2. Consistency  no participant has aborted a transaction that another *)
(*                   has committed.                                        *)
(* Action property:                                                        *)
(*   3. OutcomeIsFinal  a committed or aborted participant stays so.       *)
(***************************************************************************)
CONSTANTS
    Tx,   \* the transactions
    RM    \* the participants ("resource managers"), each taking part in every transaction

VARIABLE rmState   \* rmState[t][r]: what participant r has durably done about transaction t

States == {"working", "prepared", "committed", "aborted"}

TypeOK == rmState \in [Tx -> [RM -> States]]

Init == rmState = [t \in Tx |-> [r \in RM |-> "working"]]

\* A participant may commit once all are prepared: nobody can refuse any more.
CanCommit(t) == \A r \in RM : rmState[t][r] \in {"prepared", "committed"}

\* It may abort as long as nobody has committed.
NobodyCommitted(t) == \A r \in RM : rmState[t][r] # "committed"

\* The states that participant r may go to from here for transaction t, staying included.
Choices(t, r) ==
    {rmState[t][r]}
      \cup (IF rmState[t][r] = "working" THEN {"prepared"} ELSE {})
      \cup (IF rmState[t][r] = "prepared" /\ CanCommit(t) THEN {"committed"} ELSE {})
      \cup (IF rmState[t][r] \in {"working", "prepared"} /\ NobodyCommitted(t) THEN {"aborted"} ELSE {})

\* One participant moves, for any number of transactions.
Move(r) ==
    \E choice \in [Tx -> States] :
        /\ \A t \in Tx : choice[t] \in Choices(t, r)
        /\ rmState' = [t \in Tx |-> [rmState[t] EXCEPT ![r] = choice[t]]]

Next == \E r \in RM : Move(r)

Spec == Init /\ [][Next]_rmState

Consistency ==
    \A t \in Tx : \A a, b \in RM : ~(rmState[t][a] = "committed" /\ rmState[t][b] = "aborted")

OutcomeIsFinal ==
    [][\A t \in Tx : \A r \in RM :
          rmState[t][r] \in {"committed", "aborted"} => rmState'[t][r] = rmState[t][r]]_rmState
=============================================================================
