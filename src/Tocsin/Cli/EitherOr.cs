using System.CommandLine;
using System.CommandLine.Parsing;

namespace Tocsin.Cli;

/// <summary>Two inputs of which exactly one is needed.</summary>
internal static class EitherOr
{
    public static void NeedsOneOf(this Command command, Symbol one, Symbol other, string message) => command.Validators.Add(result =>
    {
        if (IsGiven(result, one) == IsGiven(result, other))
        {
            result.AddError(message);
        }
    });

    /// <summary>Exactly one of several must be given.</summary>
    public static void NeedsOneOf(this Command command, IReadOnlyList<Symbol> symbols, string message) => command.Validators.Add(result =>
    {
        if (symbols.Count(symbol => IsGiven(result, symbol)) != 1)
        {
            result.AddError(message);
        }
    });

    /// <summary>Looks at the words only: a value that cannot be read has a message of its own.</summary>
    private static bool IsGiven(CommandResult result, Symbol symbol)
    {
        return symbol is Option option
            ? result.GetResult(option) is { Implicit: false }
            : result.GetResult((Argument)symbol) is { Tokens.Count: > 0 };
    }
}
