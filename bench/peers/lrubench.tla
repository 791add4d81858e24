---- MODULE lrubench ----
EXTENDS Integers
\* same semantics as lrubench.pml
CONSTANTS N, P, K
T == 1..N
PG == 1..P
None == 0
VARIABLES pc, k, p, count, lru, locked, cached, freed, ll
vars == <<pc, k, p, count, lru, locked, cached, freed, ll>>
Init == /\ pc = [t \in T |-> 0] /\ k = [t \in T |-> 0] /\ p = [t \in T |-> None]
        /\ count = [q \in PG |-> 1] /\ lru = [q \in PG |-> TRUE] /\ locked = [q \in PG |-> FALSE]
        /\ cached = [q \in PG |-> TRUE] /\ freed = [q \in PG |-> 0] /\ ll = FALSE
Go(t,x) == pc' = [pc EXCEPT ![t] = x]
Acq(t,a,b) == pc[t]=a /\ ~ll /\ ll'=TRUE /\ Go(t,b) /\ UNCHANGED <<k,p,count,lru,locked,cached,freed>>
Rel(t,a,b) == pc[t]=a /\ ll'=FALSE /\ Go(t,b) /\ UNCHANGED <<k,p,count,lru,locked,cached,freed>>
TryGet(t,q) == pc[t]=0 /\ k[t]<K /\ (IF count[q]=0 THEN k'=[k EXCEPT ![t]=@+1] /\ UNCHANGED <<pc,p,count>>
    ELSE count'=[count EXCEPT ![q]=@+1] /\ p'=[p EXCEPT ![t]=q] /\ Go(t,1) /\ UNCHANGED k) /\ UNCHANGED <<lru,locked,cached,freed,ll>>
LockPage(t) == pc[t]=1 /\ ~locked[p[t]] /\ locked'=[locked EXCEPT ![p[t]]=TRUE] /\ Go(t,2) /\ UNCHANGED <<k,p,count,lru,cached,freed,ll>>
Put(t) == (pc[t]=1 \/ pc[t]=11) /\ count'=[count EXCEPT ![p[t]]=@-1] /\
    (IF count[p[t]]=1 THEN Go(t,12) /\ UNCHANGED <<p,k>> ELSE p'=[p EXCEPT ![t]=None] /\ k'=[k EXCEPT ![t]=@+1] /\ Go(t,0))
    /\ UNCHANGED <<lru,locked,cached,freed,ll>>
UnlockPage(t) == (pc[t]=2 \/ pc[t]=4) /\ locked'=[locked EXCEPT ![p[t]]=FALSE] /\ Go(t,11) /\ UNCHANGED <<k,p,count,lru,cached,freed,ll>>
Truncate(t) == pc[t]=2 /\ cached[p[t]] /\ cached'=[cached EXCEPT ![p[t]]=FALSE] /\ Go(t,3) /\ UNCHANGED <<k,p,count,lru,locked,freed,ll>>
DecNL(t,a,b) == pc[t]=a /\ count'=[count EXCEPT ![p[t]]=@-1] /\ Go(t,b) /\ UNCHANGED <<k,p,lru,locked,cached,freed,ll>>
TestClr(t) == pc[t]=5 /\ (IF lru[p[t]] THEN lru'=[lru EXCEPT ![p[t]]=FALSE] /\ Go(t,6) ELSE Go(t,10) /\ UNCHANGED lru) /\ UNCHANGED <<k,p,count,locked,cached,freed,ll>>
IsoGet(t) == pc[t]=6 /\ count'=[count EXCEPT ![p[t]]=@+1] /\ Go(t,7) /\ UNCHANGED <<k,p,lru,locked,cached,freed,ll>>
SetLru(t,a,b,v) == pc[t]=a /\ lru'=[lru EXCEPT ![p[t]]=v] /\ Go(t,b) /\ UNCHANGED <<k,p,count,locked,cached,freed,ll>>
RelRd(t) == pc[t]=12 /\ Go(t, IF lru[p[t]] THEN 15 ELSE 18) /\ UNCHANGED <<k,p,count,lru,locked,cached,freed,ll>>
Free(t) == pc[t]=18 /\ freed'=[freed EXCEPT ![p[t]]=@+1] /\ p'=[p EXCEPT ![t]=None] /\ k'=[k EXCEPT ![t]=@+1] /\ Go(t,0) /\ UNCHANGED <<count,lru,locked,cached,ll>>
Next == \E t \in T :
  \/ \E q \in PG : TryGet(t,q)
  \/ LockPage(t) \/ Acq(t,1,5) \/ Put(t) \/ UnlockPage(t) \/ Truncate(t) \/ DecNL(t,3,4) \/ TestClr(t) \/ IsoGet(t)
  \/ Rel(t,7,8) \/ Acq(t,8,9) \/ SetLru(t,9,13,TRUE) \/ Rel(t,13,14) \/ DecNL(t,14,11) \/ Rel(t,10,11)
  \/ RelRd(t) \/ Acq(t,15,16) \/ SetLru(t,16,17,FALSE) \/ Rel(t,17,18) \/ Free(t)
Spec == Init /\ [][Next]_vars
Inv == \A q \in PG : count[q] >= 0 /\ freed[q] <= 1 /\ (freed[q] > 0 => count[q]=0 /\ ~locked[q] /\ ~lru[q])
====
