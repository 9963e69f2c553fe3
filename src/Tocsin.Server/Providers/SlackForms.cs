using System.Text.RegularExpressions;

namespace Tocsin.Providers;

/// <summary>How Slack writes tokens, people, conversations and messages, and what our buttons are called there.</summary>
internal sealed partial class Slack
{
    [GeneratedRegex("^xoxb-[-A-Za-z0-9]{1,250}$", RegexOptions.NonBacktracking)]
    private static partial Regex BotTokenForm();

    [GeneratedRegex("^xapp-[-A-Za-z0-9]{1,250}$", RegexOptions.NonBacktracking)]
    private static partial Regex AppTokenForm();

    [GeneratedRegex("^([CGD][A-Z0-9]{2,30}|#[^\\s#]{1,80})$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex ChannelForm();

    [GeneratedRegex("^[UW][A-Z0-9]{2,30}$", RegexOptions.NonBacktracking)]
    private static partial Regex UserForm();

    /// <summary>What the buttons are called in what Slack sends when they are pressed.</summary>
    internal static class Verbs
    {
        public const string Acknowledge = "tocsin_acknowledge";
        public const string Resolve = "tocsin_resolve";
        public const string Escalate = "tocsin_escalate";
        public const string Snooze = "tocsin_snooze";
    }

    /// <summary>A message: the conversation and the instant that names it there.</summary>
    private sealed record Place(string Channel, string Ts)
    {
        public static Place? Read(string? text) => text?.Split(' ') is [var channel, var ts] ? new(channel, ts) : null;

        public override string ToString() => $"{Channel} {Ts}";
    }
}
