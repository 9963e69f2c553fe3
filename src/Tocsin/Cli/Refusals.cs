using System.Net;
using Tocsin.Sdk;

namespace Tocsin.Cli;

/// <summary>What the server's no means for the person who asked.</summary>
internal static class Refusals
{
    public const string NeedsKey = "give a live key with --token or TOCSIN_TOKEN; where the data is, `tocsin key create --name N` makes one";

    public static int Explain(Terminal terminal, TocsinException e) => CommandTree.Fail(terminal, ExitCodeOf(e), e.Message, HintOf(e));

    public static int ExitCodeOf(TocsinException e) => (int)e.Status >= 500 ? ExitCode.Unreachable : ExitCode.Refused;

    private static string? HintOf(TocsinException e) => e.Status switch
    {
        HttpStatusCode.Unauthorized => NeedsKey,
        HttpStatusCode.Forbidden => "`tocsin key create --role …`, where the data is, makes a key that may do more",
        HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable when e.RetryAfter is { } wait =>
            $"try again in {Words.Span(wait)}",
        >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest => "the server lives at another address; give that one to --server",
        _ => null,
    };
}
