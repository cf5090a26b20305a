# shellcheck shell=sh
# Set BACKUPS and BOBBIN_SECRETS as Compose does: the shell first, then .env, then the default. Set BACKUP_USER to the
# owner of the backups, unless it is set. Sourced in the root of the repository.
folder_setting() { # NAME DEFAULT
  # Compose allows spaces around the value, quotes, a comment after it, and lines that end in CRLF.
  found=$(sed -n "s/^ *\(export  *\)\{0,1\}$1 *= *//p" .env 2>/dev/null | tail -n 1 | tr -d '\r' |
    sed -e 's/^"\([^"]*\)".*/\1/' -e t -e "s/^'\([^']*\)'.*/\1/" -e t -e 's/ #.*//' -e 's/ *$//')
  # shellcheck disable=SC2088  # Compose replaces a leading ~ by the home directory, and so does this.
  case $found in "~" | "~/"*) found=$HOME${found#\~} ;; esac
  printf '%s\n' "${found:-$2}"
}
[ -n "${BACKUPS:-}" ] || BACKUPS=$(folder_setting BACKUPS ./backups)
[ -n "${BOBBIN_SECRETS:-}" ] || BOBBIN_SECRETS=$(folder_setting BOBBIN_SECRETS ./secrets)
[ -n "${BACKUP_USER:-}" ] || BACKUP_USER=$(folder_setting BACKUP_USER "$(stat -c %u:%g "$BACKUPS" 2>/dev/null || echo 10001:10001)")
# A container without capabilities gains nothing by the user root, but no other container runs as root.
case $BACKUP_USER in 0:*) BACKUP_USER=10001:10001 ;; esac
export BACKUP_USER
