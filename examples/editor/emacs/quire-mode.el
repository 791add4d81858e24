;;; quire-mode.el --- Specs of the Quire model checker  -*- lexical-binding: t; -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "27.1"))

;;; Commentary:

;; Highlighting and indentation of *.quire files.  With eglot (Emacs 29, or from ELPA), `M-x eglot' starts the language server.

;;; Code:

(defgroup quire nil
  "Specs of the Quire model checker."
  :group 'languages)

(defcustom quire-program "quire"
  "The program."
  :type 'string)

(defvar quire-mode-syntax-table
  (let ((table (make-syntax-table)))
    (modify-syntax-entry ?_ "_" table)
    (modify-syntax-entry ?/ ". 124b" table)
    (modify-syntax-entry ?* ". 23" table)
    (modify-syntax-entry ?\n "> b" table)
    (modify-syntax-entry ?\" "\"" table)
    (modify-syntax-entry ?' "\"" table)
    (dolist (operator '(?+ ?- ?= ?% ?< ?> ?& ?| ?^ ?! ?~))
      (modify-syntax-entry operator "." table))
    table))

(defconst quire-font-lock-keywords
  `(("^\\s-*#\\s-*\\(?:define\\|undef\\|ifdef\\|ifndef\\|else\\|endif\\)\\_>" . font-lock-preprocessor-face)
    ("\\_<\\(?:thread\\|irq\\)\\s-+\\(\\(?:\\sw\\|\\s_\\)+\\)" 1 font-lock-type-face)
    ("\\_<\\(?:variant\\|instance\\|scenario\\)\\s-+\\(\\(?:\\sw\\|\\s_\\)+\\)" 1 font-lock-type-face)
    ("\\_<\\(?:invariant\\|finally\\|step\\|cover\\|lemma\\|eventually\\)\\s-+\\(\\(?:\\sw\\|\\s_\\)+\\)\\s-*:"
     1 font-lock-function-name-face)
    ("\\_<\\(?:struct\\|enum\\)\\s-+\\(\\(?:\\sw\\|\\s_\\)+\\)" 1 font-lock-type-face)
    (,(regexp-opt '("thread" "irq" "daemon" "dormant" "fair" "strong" "variant" "instance" "scenario" "slow" "pool" "typesafe"
                    "init" "import" "ledger" "invariant" "finally" "step" "cover" "eventually" "leads_to" "lemma" "forall"
                    "exists" "expect" "pass" "violation" "covered" "proved" "possible" "prevented" "allow" "if" "else" "while"
                    "do" "for" "switch" "case" "default" "break" "continue" "goto" "return" "await" "either" "or" "choose"
                    "spawn" "struct" "enum" "typedef" "typeof" "static" "inline" "extern" "volatile" "const" "ghost" "atomic"
                    "ignore" "havoc" "__acquires" "__releases" "__must_hold" "__sleeps" "__gets" "__puts" "__grace_period")
                  'symbols)
     . font-lock-keyword-face)
    (,(regexp-opt '("void" "bool" "char" "short" "int" "long" "signed" "unsigned" "s8" "s16" "s32" "s64" "u8" "u16" "u32" "u64"
                    "thread_t" "set" "list")
                  'symbols)
     . font-lock-type-face)
    (,(regexp-opt '("true" "false" "NULL" "NO_THREAD" "self" "maybe") 'symbols) . font-lock-constant-face)
    ("\\_<\\(?:alloc\\|assert\\|assume\\|at\\|balance\\|credit\\|debit\\|free\\|live\\|move\\|old\\|acting\\|total\\|use\\|BUG_ON\\|WARN_ON\\|VM_BUG_ON\\(?:_PAGE\\|_FOLIO\\)?\\)\\_>\\s-*[?!]?("
     . font-lock-builtin-face)
    ("^\\s-*\\(\\(?:\\sw\\|\\s_\\)+\\):\\(?:[^:]\\|$\\)" 1 font-lock-constant-face))
  "What is highlighted besides comments and strings.")

;;;###autoload
(define-derived-mode quire-mode prog-mode "Quire"
  "Specs of the Quire model checker."
  (setq-local font-lock-defaults '(quire-font-lock-keywords))
  (setq-local comment-start "// ")
  (setq-local comment-end "")
  (setq-local comment-start-skip "\\(?://+\\|/\\*+\\)\\s-*")
  (setq-local indent-tabs-mode t)
  (setq-local tab-width 8)
  (setq-local indent-line-function #'quire-indent-line)
  (setq-local compile-command
              (concat quire-program " check --annotations gcc --trace none "
                      (if buffer-file-name (shell-quote-argument (file-name-nondirectory buffer-file-name)) "."))))

(defun quire-indent-line ()
  "Indent by the depth of braces, as `quire fmt' does."
  (interactive)
  (let* ((column (current-indentation))
         (depth (save-excursion
                  (back-to-indentation)
                  (let ((open (car (syntax-ppss))))
                    (when (looking-at "[]})]\\|case\\_>\\|default\\_>") (setq open (1- open)))
                    (max open 0))))
         (back (- (current-column) column)))
    (indent-line-to (* depth tab-width))
    (when (> back 0) (move-to-column (+ (current-indentation) back)))))

;;;###autoload
(add-to-list 'auto-mode-alist '("\\.quire\\'" . quire-mode))

(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs (cons 'quire-mode (list quire-program "lsp"))))

(provide 'quire-mode)
;;; quire-mode.el ends here
