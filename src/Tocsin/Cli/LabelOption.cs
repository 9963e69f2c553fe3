using System.CommandLine;

namespace Tocsin.Cli;

/// <summary><c>-l service=checkout -l env=prod</c>.</summary>
internal static class LabelOption
{
    public static Option<Dictionary<string, string>> Create(string description) => new("--label", "-l")
    {
        Description = description,
        HelpName = "NAME=VALUE",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result =>
        {
            var labels = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var token in result.Tokens)
            {
                if (token.Value.IndexOf('=', StringComparison.Ordinal) is > 0 and var at)
                {
                    labels[token.Value[..at]] = token.Value[(at + 1)..];
                }
                else
                {
                    result.AddError($"'{token.Value}' is not a label; write service=checkout.");
                }
            }

            return labels;
        },
    };
}
