using Tocsin.Estate;

namespace Tocsin.Cli;

/// <summary>Options that hold a point in time or a length of it.</summary>
internal static class Times
{
    /// <returns>UTC; null when the option was not given.</returns>
    /// <exception cref="CliException">The text is not a time.</exception>
    public static DateTimeOffset? Given(string? text, Terminal terminal) => text is null
        ? null
        : Instants.Parse(text, terminal.Time) ?? throw new CliException(
            ExitCode.Usage, $"'{text}' is not a time", "write 09:00, 2026-11-23T09:00, 2026-11-23T09:00:00Z, or a span from now such as 90m");

    /// <returns>The text as it is, for the server to read; null when the option was not given.</returns>
    /// <exception cref="CliException">The text is not a span of time.</exception>
    public static string? Span(string? text) => text is null || DurationText.TryParse(text, out _)
        ? text
        : throw new CliException(ExitCode.Usage, $"'{text}' is not a span of time", "write 30m, 2h, 1d or 1d12h");
}
