-- same semantics as pages.pml
const N: @N@;
type Tid: @TID@; -- 1..N: the page of a thread is its number's parity, so threads are not alike
var pc: array[Tid] of 0..10; seen: array[Tid] of 0..N;
    count: array[0..1] of 0..N; flags: array[0..1] of 0..3; locked: array[0..1] of boolean;
    lru_lock: boolean; on_lru: 0..N;
startstate begin
  for t: Tid do pc[t] := 0; seen[t] := 0; end;
  for p: 0..1 do count[p] := 0; flags[p] := 0; locked[p] := false; end;
  lru_lock := false; on_lru := 0;
end;
ruleset t: Tid do
alias p: (t - 1) % 2 do
rule "lock"     pc[t]=0 & !locked[p] ==> begin locked[p] := true; pc[t] := 1; end;
rule "rd count" pc[t]=1 ==> begin seen[t] := count[p]; pc[t] := 2; end;
rule "wr count" pc[t]=2 ==> begin count[p] := seen[t] + 1; seen[t] := 0; pc[t] := 3; end;
rule "rd flags" pc[t]=3 ==> begin seen[t] := flags[p]; pc[t] := 4; end;
rule "wr flags" pc[t]=4 ==> begin flags[p] := 1; seen[t] := 0; pc[t] := 5; end;
rule "unlock"   pc[t]=5 ==> begin locked[p] := false; pc[t] := 6; end;
rule "lru lock" pc[t]=6 & !lru_lock ==> begin lru_lock := true; pc[t] := 7; end;
rule "rd lru"   pc[t]=7 ==> begin seen[t] := on_lru; pc[t] := 8; end;
rule "wr lru"   pc[t]=8 ==> begin on_lru := seen[t] + 1; seen[t] := 0; pc[t] := 9; end;
rule "lru unl"  pc[t]=9 ==> begin lru_lock := false; pc[t] := 10; end;
end;
end;
invariant "nothing is lost" (forall t: Tid do pc[t] = 10 end) -> on_lru = N & count[0] + count[1] = N;
