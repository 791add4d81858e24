---- MODULE gupmigrate ----
EXTENDS Integers
\* same semantics as gupmigrate.pml
CONSTANT N
T == 1..N
VARIABLES pc, m, u, pte, count, ptl, freed
vars == <<pc, m, u, pte, count, ptl, freed>>
Init == pc = [t \in T |-> 0] /\ m = 0 /\ u = 0 /\ pte = 1 /\ count = 2 /\ ptl = FALSE /\ freed = 0
Go(t,x) == pc' = [pc EXCEPT ![t] = x]
G0(t) == pc[t]=0 /\ Go(t, IF pte=1 THEN 1 ELSE 9) /\ UNCHANGED <<m,u,pte,count,ptl,freed>>
G1(t) == pc[t]=1 /\ (IF count=0 THEN Go(t,9) /\ UNCHANGED count ELSE Go(t,2) /\ count'=count+1) /\ UNCHANGED <<m,u,pte,ptl,freed>>
G2(t) == pc[t]=2 /\ Go(t, IF pte=1 THEN 3 ELSE 4) /\ UNCHANGED <<m,u,pte,count,ptl,freed>>
G3(t) == pc[t]=3 /\ Go(t,4) /\ UNCHANGED <<m,u,pte,count,ptl,freed>>
G4(t) == pc[t]=4 /\ Go(t, IF count=1 THEN 5 ELSE 9) /\ count'=count-1 /\ UNCHANGED <<m,u,pte,ptl,freed>>
G5(t) == pc[t]=5 /\ Go(t,9) /\ freed'=freed+1 /\ UNCHANGED <<m,u,pte,count,ptl>>
MLock(a,b) == m=a /\ ~ptl /\ ptl'=TRUE /\ m'=b /\ UNCHANGED <<pc,u,pte,count,freed>>
MUnl(a,b) == m=a /\ ptl'=FALSE /\ m'=b /\ UNCHANGED <<pc,u,pte,count,freed>>
M1 == m=1 /\ (IF pte=1 THEN pte'=0 /\ m'=2 ELSE m'=13 /\ UNCHANGED pte) /\ UNCHANGED <<pc,u,count,ptl,freed>>
M2 == m=2 /\ pte'=2 /\ m'=3 /\ UNCHANGED <<pc,u,count,ptl,freed>>
M4 == m=4 /\ count'=count-1 /\ m'=5 /\ UNCHANGED <<pc,u,pte,ptl,freed>>
M5 == m=5 /\ m'=(IF count=1 THEN 6 ELSE 11) /\ UNCHANGED <<pc,u,pte,count,ptl,freed>>
M6 == m=6 /\ (IF count=1 THEN count'=0 /\ m'=7 ELSE m'=11 /\ UNCHANGED count) /\ UNCHANGED <<pc,u,pte,ptl,freed>>
M8 == m=8 /\ pte'=(IF pte=2 THEN 3 ELSE pte) /\ m'=9 /\ UNCHANGED <<pc,u,count,ptl,freed>>
M10 == m=10 /\ freed'=freed+1 /\ m'=18 /\ UNCHANGED <<pc,u,pte,count,ptl>>
M12 == m=12 /\ (IF pte=2 THEN count'=count+1 /\ m'=14 ELSE m'=13 /\ UNCHANGED count) /\ UNCHANGED <<pc,u,pte,ptl,freed>>
M14 == m=14 /\ pte'=1 /\ m'=13 /\ UNCHANGED <<pc,u,count,ptl,freed>>
M15 == m=15 /\ count'=count-1 /\ m'=(IF count=1 THEN 10 ELSE 18) /\ UNCHANGED <<pc,u,pte,ptl,freed>>
U0 == u=0 /\ ~ptl /\ ptl'=TRUE /\ u'=1 /\ UNCHANGED <<pc,m,pte,count,freed>>
U1 == u=1 /\ u'=(IF pte=1 THEN 2 ELSE 5) /\ pte'=0 /\ UNCHANGED <<pc,m,count,ptl,freed>>
U2 == u=2 /\ ptl'=FALSE /\ u'=3 /\ UNCHANGED <<pc,m,pte,count,freed>>
U3 == u=3 /\ count'=count-1 /\ u'=(IF count=1 THEN 4 ELSE 9) /\ UNCHANGED <<pc,m,pte,ptl,freed>>
U4 == u=4 /\ freed'=freed+1 /\ u'=9 /\ UNCHANGED <<pc,m,pte,count,ptl>>
U5 == u=5 /\ ptl'=FALSE /\ u'=9 /\ UNCHANGED <<pc,m,pte,count,freed>>
Next == \/ \E t \in T : G0(t) \/ G1(t) \/ G2(t) \/ G3(t) \/ G4(t) \/ G5(t)
        \/ MLock(0,1) \/ M1 \/ M2 \/ MUnl(3,4) \/ M4 \/ M5 \/ M6 \/ MLock(7,8) \/ M8 \/ MUnl(9,10) \/ M10
        \/ MLock(11,12) \/ M12 \/ M14 \/ MUnl(13,15) \/ M15
        \/ U0 \/ U1 \/ U2 \/ U3 \/ U4 \/ U5
Spec == Init /\ [][Next]_vars
Inv == count >= 0 /\ freed <= 1 /\ (freed > 0 => count = 0) /\ (\A t \in T : pc[t] = 3 => freed = 0)
====
