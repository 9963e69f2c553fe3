using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Tocsin.Cli;

/// <summary>Numbers as people copy them: <c>1042</c> or <c>#1042</c>.</summary>
internal static class Numbers
{
    public static Argument<long> One(string description) => new("N")
    {
        Description = description,
        CustomParser = result => Read(result, result.Tokens[0]),
    };

    public static Argument<long[]> Many(string description) => new("N")
    {
        Description = description,
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result => [.. result.Tokens.Select(token => Read(result, token))],
    };

    private static long Read(ArgumentResult result, Token token)
    {
        if (long.TryParse(token.Value.TrimStart('#'), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        result.AddError($"'{token.Value}' is not a number.");
        return 0;
    }
}
