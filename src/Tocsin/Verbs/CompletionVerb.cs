using System.CommandLine;
using Tocsin.Cli;

namespace Tocsin.Verbs;

/// <summary>Scripts that let a shell ask the program itself what could come next.</summary>
internal static class CompletionVerb
{
    private const string Bash = """
        # Put this line into ~/.bashrc:  source <(tocsin completion bash)
        _tocsin() {
            local IFS=$'\n'
            COMPREPLY=($(compgen -W "$(tocsin "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _tocsin tocsin
        """;

    private const string Zsh = """
        # Put this line into ~/.zshrc, after compinit:  source <(tocsin completion zsh)
        _tocsin() {
            local -a words_that_fit
            words_that_fit=("${(@f)$(tocsin "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
            compadd -- "${words_that_fit[@]}"
        }
        compdef _tocsin tocsin
        """;

    private const string Fish = """
        # Write this to ~/.config/fish/completions/tocsin.fish:  tocsin completion fish > ...
        complete -c tocsin -a '(tocsin "[suggest:"(commandline -C)"]" (commandline -p) 2>/dev/null)'
        """;

    public static Command Create(Terminal terminal)
    {
        var shell = new Argument<string>("shell") { Description = "The shell to complete for" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var verb = new Command("completion", "Print a completion script") { shell };
        verb.SetAction(parse => terminal.Out.WriteLine(parse.GetValue(shell) switch
        {
            "bash" => Bash,
            "zsh" => Zsh,
            _ => Fish,
        }));
        return verb;
    }
}
