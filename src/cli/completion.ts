/** @file Shell completion: the candidates at the cursor, and the scripts that connect shells to them. */
import type { Command, Option } from "commander";
import { BACKENDS } from "../runtime/backend.ts";

export const SHELLS = ["bash", "zsh", "fish", "powershell"] as const;
export type Shell = (typeof SHELLS)[number];

/** The values of flags that are not declared as choices of commander. */
export const VALUES: Readonly<Record<string, readonly string[]>> = {
  "--backend": ["auto", ...BACKENDS],
  "--encoder": ["mlp", "pool", "gru", "transformer", "text", "vit"],
  "--normalize": ["standard", "none"],
  "--remove": ["draws", "means", "zeros"],
  "--kind": ["interaction-mixture", "quad", "scenes", "sums"],
  "--split-by": ["own", "share", "group"],
  "--synergy": ["all", "pairs"],
  "--target": ["regression", "multilabel"],
};

/** Flags whose values are names of methods and variants; the methods are loaded only when they are needed. */
export const METHOD_FLAGS: readonly string[] = ["--method", "--methods", "--against"];

/**
 * The candidates for the last of `words` (the words after `dmil`; the last may be empty). Empty for a file or a free value, where
 * the shell offers files.
 */
export async function candidates(
  program: Command,
  words: readonly string[],
  methods: () => Promise<readonly string[]>,
): Promise<string[]> {
  // bash splits `--flag=value` into three words.
  const current = (words.at(-1) ?? "").trim().replace(/^=$/, "");
  const before = words.slice(0, -1);
  let command = program;
  let pending: Option | undefined;
  let operands = 0;
  for (const word of before) {
    if (word === "=") continue;
    if (pending !== undefined) pending = undefined;
    else if (word.startsWith("-")) pending = valueOption(command, word);
    else {
      const inner: Command | undefined =
        operands === 0 ? visible(command).find((candidate) => candidate.name() === word) : undefined;
      if (inner === undefined) operands++;
      else command = inner;
    }
  }
  const [, flag, typed = ""] = /^(--[\w-]+)=(.*)$/.exec(current) ?? [];
  const option = pending ?? (flag === undefined ? undefined : valueOption(command, flag));
  if (option !== undefined) {
    const value = flag === undefined ? current : typed;
    const listed = value.slice(0, value.lastIndexOf(",") + 1);
    const prefix = (flag === undefined ? "" : `${flag}=`) + listed;
    return starting(
      (await valuesOf(option, methods)).map((value) => prefix + value),
      current,
    );
  }
  if (current.startsWith("-")) {
    const help = command.createHelp();
    return starting(
      help.visibleOptions(command).map(({ long, short }) => long ?? short ?? ""),
      current,
    );
  }
  if (operands > 0) return [];
  const choices = command.registeredArguments[0]?.argChoices ?? [];
  return starting([...visible(command).map((candidate) => candidate.name()), ...choices], current);
}

const visible = (command: Command): Command[] => [...command.createHelp().visibleCommands(command)];
const starting = (words: readonly string[], start: string): string[] => words.filter((word) => word.startsWith(start));

/** The option of a flag, if it takes a value. */
function valueOption(command: Command, flag: string): Option | undefined {
  return command.options.find(
    (option) => (option.long === flag || option.short === flag) && (option.required || option.optional),
  );
}

async function valuesOf(option: Option, methods: () => Promise<readonly string[]>): Promise<readonly string[]> {
  if (METHOD_FLAGS.includes(option.long ?? "")) return methods();
  return option.argChoices ?? VALUES[option.long ?? ""] ?? [];
}

/** The script of each shell calls `dmil complete` with the words up to the cursor and reads one candidate per line. */
export const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# dmil: completion for bash. Put into ~/.bashrc: source <(dmil completion bash)
_dmil() {
  local IFS=$'\\n'
  COMPREPLY=($(dmil complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o bashdefault -o default -F _dmil dmil
`,
  zsh: `#compdef dmil
# dmil: completion for zsh. Put into ~/.zshrc, after compinit: source <(dmil completion zsh)
_dmil() {
  local -a found
  found=(\${(f)"$(dmil complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( \${#found} )); then compadd -- $found; else _files; fi
}
compdef _dmil dmil
`,
  fish: `# dmil: completion for fish. Save as ~/.config/fish/completions/dmil.fish
function __dmil_complete
    set -l words (commandline --tokenize --current-process --cut-at-cursor) (commandline --current-token --cut-at-cursor)
    dmil complete -- $words[2..] 2>/dev/null
end
complete --command dmil --arguments '(__dmil_complete)'
`,
  powershell: `# dmil: completion for PowerShell. Put into $PROFILE: dmil completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName dmil -ScriptBlock {
  param($word, $tree, $cursor)
  $words = @($tree.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
  # PowerShell drops an empty argument; dmil trims the space.
  if ($word -eq '') { $words += ' ' }
  dmil complete -- @words 2>$null | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
}
`,
};
