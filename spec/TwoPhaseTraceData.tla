------------------------- MODULE TwoPhaseTraceData -------------------------
(***************************************************************************)
(* An example of what is recorded: a transaction that commits although the *)
(* coordinator is killed when its decision is durable, and one that aborts *)
(* because it is killed before.                                            *)
(***************************************************************************)
RecordedParticipants == {"p1", "p2"}

RecordedEvents == <<
    [action |-> "RequestCommit",      rm |-> "",   detail |-> ""],
    [action |-> "ReceivePrepare",     rm |-> "p1", detail |-> ""],
    [action |-> "ReceivePrepare",     rm |-> "p2", detail |-> ""],
    [action |-> "FlushParticipant",   rm |-> "p1", detail |-> "Prepared"],
    [action |-> "FlushParticipant",   rm |-> "p2", detail |-> "Prepared"],
    [action |-> "ReceiveYes",         rm |-> "p1", detail |-> ""],
    [action |-> "ReceiveYes",         rm |-> "p2", detail |-> ""],
    [action |-> "FlushCoordinator",   rm |-> "",   detail |-> "Commit"],
    [action |-> "Answer",             rm |-> "",   detail |-> "committed"],
    [action |-> "CrashCoordinator",   rm |-> "",   detail |-> ""],
    [action |-> "RecoverCoordinator", rm |-> "",   detail |-> "committed"],
    [action |-> "RecoverCoordinator", rm |-> "",   detail |-> "forgotten"],
    [action |-> "VoteAgain",          rm |-> "p1", detail |-> ""],
    [action |-> "VoteAgain",          rm |-> "p2", detail |-> ""],
    [action |-> "Resend",             rm |-> "p1", detail |-> ""],
    [action |-> "ReceiveCommit",      rm |-> "p1", detail |-> ""],
    [action |-> "ReceiveCommit",      rm |-> "p2", detail |-> ""],
    [action |-> "FlushParticipant",   rm |-> "p1", detail |-> "Committed"],
    [action |-> "FlushParticipant",   rm |-> "p2", detail |-> "Committed"],
    [action |-> "ReceiveAck",         rm |-> "p1", detail |-> ""],
    [action |-> "ReceiveAck",         rm |-> "p2", detail |-> ""],
    [action |-> "ReceiveAbort",       rm |-> "p1", detail |-> ""],
    [action |-> "ReceiveAbort",       rm |-> "p2", detail |-> ""]
>>

RecordedTraces == <<
    <<1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 15, 14, 7, 16, 17, 18, 19, 20, 21>>,
    <<1, 2, 3, 4, 5, 6, 7, 10, 12, 13, 14, 6, 7, 22, 23>>
>>
=============================================================================
