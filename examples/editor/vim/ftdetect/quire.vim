autocmd BufRead,BufNewFile *.quire setfiletype quire
