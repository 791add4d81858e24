-- same semantics as private.pml
const N: @N@;
type Tid: @TID@; -- scalarset(N) or 1..N
var pc: array[Tid] of 0..10; seen: array[Tid] of 0..N;
    count: array[Tid] of 0..2; flags: array[Tid] of 0..3; locked: array[Tid] of boolean;
    lru_lock: boolean; on_lru: 0..N;
startstate begin
  for t: Tid do pc[t] := 0; seen[t] := 0; count[t] := 0; flags[t] := 0; locked[t] := false; end;
  lru_lock := false; on_lru := 0;
end;
ruleset t: Tid do
rule "lock"     pc[t]=0 & !locked[t] ==> begin locked[t] := true; pc[t] := 1; end;
rule "rd count" pc[t]=1 ==> begin seen[t] := count[t]; pc[t] := 2; end;
rule "wr count" pc[t]=2 ==> begin count[t] := seen[t] + 1; seen[t] := 0; pc[t] := 3; end;
rule "rd flags" pc[t]=3 ==> begin seen[t] := flags[t]; pc[t] := 4; end;
rule "wr flags" pc[t]=4 ==> begin flags[t] := 1; seen[t] := 0; pc[t] := 5; end;
rule "unlock"   pc[t]=5 ==> begin locked[t] := false; pc[t] := 6; end;
rule "lru lock" pc[t]=6 & !lru_lock ==> begin lru_lock := true; pc[t] := 7; end;
rule "rd lru"   pc[t]=7 ==> begin seen[t] := on_lru; pc[t] := 8; end;
rule "wr lru"   pc[t]=8 ==> begin on_lru := seen[t] + 1; seen[t] := 0; pc[t] := 9; end;
rule "lru unl"  pc[t]=9 ==> begin lru_lock := false; pc[t] := 10; end;
end;
invariant "nothing is lost"
  (forall t: Tid do pc[t] = 10 end) -> on_lru = N & (forall t: Tid do count[t] = 1 & flags[t] = 1 end);
