" Quire: tabs as `quire fmt` writes them, C's comments, and `:make` that checks this file.
if exists('b:did_ftplugin')
  finish
endif
let b:did_ftplugin = 1

setlocal noexpandtab tabstop=8 shiftwidth=8 softtabstop=0 cindent
setlocal commentstring=//\ %s comments=sO:*\ -,mO:*\ \ ,exO:*/,s1:/*,mb:*,ex:*/,:///,://
setlocal suffixesadd=.quire include=^\\s*import\\s*\"
setlocal makeprg=quire\ check\ --annotations\ gcc\ --trace\ none\ %:S
setlocal errorformat=%f:%l:%c:\ %t%*[^:]:\ %m,%f:%l:\ %t%*[^:]:\ %m,%-G%.%#
if executable('quire')
  setlocal formatprg=quire\ fmt\ -
endif

let b:undo_ftplugin = 'setlocal et< ts< sw< sts< cin< cms< com< sua< inc< mp< efm< fp<'
