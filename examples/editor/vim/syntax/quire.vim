" Quire specs.
if exists('b:current_syntax')
  finish
endif

syn keyword quireDeclaration thread irq daemon dormant fair strong variant instance scenario slow pool typesafe init import ledger
syn keyword quireProperty invariant finally step eventually leads_to lemma forall exists
syn keyword quireExpect expect pass violation covered proved possible prevented allow
syn keyword quireStatement if else while do for switch case default break continue goto return await either or choose spawn in
syn keyword quireType void bool char short int long signed unsigned s8 s16 s32 s64 u8 u16 u32 u64 thread_t set list
syn keyword quireStructure struct enum union typedef typeof
syn keyword quireModifier static inline extern volatile const ghost percpu atomic ignore havoc
syn keyword quireContract __acquires __releases __must_hold __sleeps __gets __puts __grace_period
syn keyword quireConstant true false NULL NO_THREAD self maybe
syn match quireProperty "\<cover\>"
syn match quireBuiltin "\<\%(ERR_CAST\|ERR_PTR\|IS_ERR\|IS_ERR_OR_NULL\|PTR_ERR\|acting\|assert\|assume\|at\|balance\|credit\|debit\|fence\|free\|live\|load\|move\|old\|container_of\|refresh\|store\|total\|use\|BUG\|BUG_ON\|WARN_ON\|VM_BUG_ON\w*\)\ze\s*("
syn match quireBuiltin "\<alloc\ze\s*[?!]\=("
syn match quireNumber "\<\%(0x\x\+\|\d\+\)[uUlL]*\>"
syn match quireLabel "^\s*\h\w*\ze:\%($\|[^:]\)" contains=quireStatement
syn region quireDirective start="^\s*#\s*\%(define\|undef\|ifdef\|ifndef\|else\|endif\)\>" skip="\\$" end="$" contains=quireComment,quireDoc,quireString,quireNumber keepend
syn region quireString start=+"+ skip=+\\.+ end=+"+ oneline
syn region quireString start=+'+ skip=+\\.+ end=+'+ oneline
syn keyword quireTodo contained TODO FIXME XXX
syn region quireComment start="//" end="$" contains=quireTodo,@Spell keepend
syn region quireDoc start="///" end="$" contains=quireTodo,@Spell keepend
syn region quireComment start="/\*" end="\*/" contains=quireTodo,@Spell

hi def link quireDeclaration Keyword
hi def link quireProperty Keyword
hi def link quireExpect PreCondit
hi def link quireStatement Statement
hi def link quireType Type
hi def link quireStructure Structure
hi def link quireModifier StorageClass
hi def link quireContract StorageClass
hi def link quireConstant Constant
hi def link quireBuiltin Function
hi def link quireNumber Number
hi def link quireLabel Label
hi def link quireDirective PreProc
hi def link quireString String
hi def link quireComment Comment
hi def link quireDoc SpecialComment
hi def link quireTodo Todo

let b:current_syntax = 'quire'
