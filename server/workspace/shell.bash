# What a learner's bash reads in place of ~/.bashrc: a prompt that fits a page, marks that tell the page what became of
# each command (server/terminal/marks.ts reads them), and completion for kubectl. Their own dotfiles stay out of the lesson.

# --- Editing and history

HISTFILE=$MESHPROOF_WORKSPACE/.meshproof/history
HISTSIZE=5000
HISTFILESIZE=20000
HISTCONTROL=
HISTIGNORE=
HISTTIMEFORMAT=
shopt -s histappend checkwinsize cmdhist
# A "!" in a pasted sentence is a "!".
set +o histexpand
# A block arrives as one paste; without this, readline would run its lines as they come and complete at its tabs.
bind 'set enable-bracketed-paste on' 2> /dev/null
# Ctrl-S would silence the terminal until Ctrl-Q, which nobody expects on a page.
stty -ixon 2> /dev/null

alias k=kubectl
[[ $OSTYPE == linux* ]] && alias ls='ls --color=auto'

# --- Prompt and marks

# The session's secret: marks that carry it are ours. Programs do not inherit it.
__meshproof_nonce=${MESHPROOF_NONCE-}
unset MESHPROOF_NONCE
__meshproof_ran=

# OSC takes no control characters and no bare ";". Sets REPLY.
__meshproof_escape() {
  local text=${1:0:2000} code
  text=${text//\\/\\\\}
  text=${text//;/\\x3b}
  text=${text//$'\n'/\\x0a}
  text=${text//$'\t'/\\x09}
  REPLY=${text//[[:cntrl:]]/?}
}

# Before each command, of a pasted block too: its text, and the status of the one before it. Runs in a subshell.
__meshproof_command() {
  local previous=$? line
  line=$(builtin history 1)
  if [[ $line =~ ^\ *[0-9]+[*\ ]\ (.*)$ ]]; then
    __meshproof_escape "${BASH_REMATCH[1]}"
    printf '\e]633;E;%s;%s\a' "$REPLY" "$__meshproof_nonce"
  fi
  printf '\e]133;C;prev=%s;nonce=%s\a' "$previous" "$__meshproof_nonce"
}

# kubectl without a cluster fails in five long lines, none of which says what to do.
__meshproof_hint() {
  [[ -n $__meshproof_ran && -n ${KUBECONFIG-} && ! -e $KUBECONFIG ]] || return
  [[ $(builtin history 1) =~ ^\ *[0-9]+[*\ ]\ +(kubectl|k|istioctl|helm)\  ]] || return
  printf 'There is no cluster yet. Press Run at the first command of the module’s first lesson, or type:\n'
  printf '  make -C %q kind-up\n' "$MESHPROOF_WORKSPACE/labs/01-foundation"
}

# Before each prompt: the status of the last command, and where the shell stands.
__meshproof_prompt() {
  local status=$?
  if [[ -n $__meshproof_nonce ]]; then
    [[ -n $__meshproof_ran ]] && printf '\e]133;D;%s;nonce=%s\a' "$status" "$__meshproof_nonce"
    __meshproof_escape "$PWD"
    printf '\e]633;P;Cwd=%s;nonce=%s\a' "$REPLY" "$__meshproof_nonce"
  fi
  ((status == 0)) || __meshproof_hint
  __meshproof_ran=
  # The directory's own name, short enough for a phone.
  __meshproof_place=${PWD##*/}
  [[ $PWD == / ]] && __meshproof_place=/
  [[ $PWD == "$HOME" ]] && __meshproof_place='~'
  __meshproof_place=${__meshproof_place//[[:cntrl:]]/?}
  ((${#__meshproof_place} > 18)) && __meshproof_place=${__meshproof_place:0:17}…
  # A failure colours the sign and says no more: the command has already said why.
  __meshproof_sign=$'\001\e[31m\002$\001\e[0m\002'
  ((status == 0)) && __meshproof_sign='$'
  history -a
  return "$status"
}

PROMPT_COMMAND=__meshproof_prompt
PS1='$__meshproof_place $__meshproof_sign '
PS2='> '
if [[ -n $__meshproof_nonce ]]; then
  PS1='\[\e]133;A;nonce='$__meshproof_nonce'\a\]'$PS1'\[\e]133;B;nonce='$__meshproof_nonce'\a\]'
  # The empty slice notes that a command ran; bash before 4.4 has no PS0, and its page sees prompts alone.
  PS0='${HOME:$((__meshproof_ran = 1)):0}$(__meshproof_command)'
fi

# --- Completion, loaded at the first Tab: a shell opens at once

__meshproof_complete_kubectl() {
  local package=/usr/share/bash-completion/bash_completion
  declare -F _get_comp_words_by_ref > /dev/null || { [[ -r $package ]] && source "$package"; }
  declare -F _get_comp_words_by_ref > /dev/null || source "$MESHPROOF_ROOT/server/workspace/completion.bash"
  source <(kubectl completion bash 2> /dev/null)
  complete -r kubectl k
  if declare -F __start_kubectl > /dev/null; then
    complete -o default -F __start_kubectl kubectl k
    return 124 # Ask again, with what is there now.
  fi
}
complete -F __meshproof_complete_kubectl kubectl k
