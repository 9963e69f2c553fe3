using Tocsin.Alerts;

namespace Tocsin.Notify;

/// <param name="Label">One word or two, for people.</param>
internal sealed record Fact(string Label, string Value);

/// <summary>What one message says, ready for any channel; plain text, cleaned but not escaped.</summary>
internal sealed record MessageText
{
    /// <summary>One line; its first 60 characters carry the meaning. For pushes and for headers.</summary>
    public required string Title { get; init; }

    /// <summary>One to five short sentences: what it is, for how long, whose turn it is, what happens next. Speaks to the recipient.</summary>
    public required string Body { get; init; }

    /// <summary>The same for every message of an incident, so that mail programs keep them together.</summary>
    public required string Subject { get; init; }

    /// <summary>The first line of a mail: why you get this and what happens next.</summary>
    public required string Lead { get; init; }

    /// <summary>Glyph, severity, number and title on one line.</summary>
    public required string Heading { get; init; }

    /// <summary>What is known, in the order in which it is read.</summary>
    public required IReadOnlyList<Fact> Facts { get; init; }

    /// <summary>Whether the recipient can still acknowledge, so that the button makes sense.</summary>
    public required bool Actionable { get; init; }

    /// <summary>What the button says.</summary>
    public string Action { get; init; } = "Acknowledge";
}

/// <summary>
/// The words of every notification, in one place. No exclamation marks, no emoji but the sign of the severity, numbers with their
/// units, names instead of ids, and always what happens next and when.
/// </summary>
internal static class Texts
{
    public static MessageText For(Message message)
    {
        var (title, body, lead) = message.Kind switch
        {
            MessageKind.Page when message.Round > 1 => PagedAgain(message),
            MessageKind.Page when message.Step > 1 => Escalated(message),
            MessageKind.Page => Paged(message),
            MessageKind.Acknowledged => Acknowledged(message),
            MessageKind.Resolved => Resolved(message),
            MessageKind.Reopened => Reopened(message),
            MessageKind.AlertsAdded => AlertsAdded(message),
            MessageKind.Unanswered => Unanswered(message),
            MessageKind.Test => Test(message),
            MessageKind.More => More(message),
            MessageKind.Reminder => Reminder(message),
            MessageKind.Asked => Asked(message),
            MessageKind.Waited => Waited(message),
            MessageKind.SelfTest => SelfTest(message),
            MessageKind.Snoozed => Snoozed(message),
            MessageKind.DeviceLost => DeviceLost(message),
            MessageKind.Note => Note(message),
            _ => throw new System.Diagnostics.UnreachableException(),
        };

        return new()
        {
            Title = title,
            Body = body,
            Subject = IsTest(message) ? $"[Tocsin] Test for {Recipient(message)}"
                : message.Kind == MessageKind.DeviceLost ? $"[Tocsin] {title[2..]}"
                : message.Kind == MessageKind.Note ? $"[Tocsin] {title}"
                : $"[Tocsin] {Word(message.Severity)} #{message.Incident} {Title(message)}",
            Lead = lead,
            Heading = IsTest(message) || message.Kind is MessageKind.DeviceLost or MessageKind.Note ? title : $"{Glyph(message.Severity)} {Word(message.Severity)} #{message.Incident} {Title(message)}",
            Facts = IsTest(message) || message.Kind is MessageKind.DeviceLost or MessageKind.Note ? [] : [.. FactsOf(message)],
            Actionable = message.Kind is MessageKind.Page or MessageKind.Reopened or MessageKind.AlertsAdded or MessageKind.Unanswered or MessageKind.More
                or MessageKind.Reminder or MessageKind.Asked or MessageKind.Waited or MessageKind.SelfTest,
            Action = message.Kind == MessageKind.SelfTest ? "It reached me" : "Acknowledge",
        };
    }

    public static string Glyph(Severity severity) => severity switch
    {
        Severity.Critical => "◆",
        Severity.Warning => "●",
        Severity.Info => "i",
        // An alert without a severity is treated as a serious one until somebody says otherwise.
        _ => "▲",
    };

    public static string Word(Severity severity) => severity switch
    {
        Severity.Critical => "CRITICAL",
        Severity.High => "HIGH",
        Severity.Warning => "WARNING",
        Severity.Info => "INFO",
        _ => "ALERT",
    };

    /// <summary>Who is next and when, as a sentence; what holds if nobody is.</summary>
    public static string Next(Message message) => (message.NextRecipient, message.NextAt) switch
    {
        ({ Length: > 0 } next, { } at) when at > message.Now =>
            $"{Name(next)} is next in {PlainText.Duration(at - message.Now)} ({PlainText.Clock(at, message.Now, message.TimeZone)}).",
        ({ Length: > 0 } next, _) => $"{Name(next)} is next.",
        _ => "Nobody is paged after this.",
    };

    private static (string Title, string Body, string Lead) Paged(Message m) => (
        $"{Glyph(m.Severity)} {Word(m.Severity)} #{m.Incident} {Where(m)}",
        $"{Sentence(Title(m))} Open for {Age(m)}. You are first. {Next(m)}",
        $"You are being paged{Reason(m)}. {Next(m)}");

    private static (string Title, string Body, string Lead) Escalated(Message m) => (
        $"{Glyph(m.Severity)} #{m.Incident} {Where(m)}: open for {Age(m)}, nobody has answered",
        $"You are now first. {Sentence(Title(m))} {Next(m)}",
        $"Nobody has answered for this incident, open for {Age(m)}. You are now first{Reason(m)}. {Next(m)}");

    private static (string Title, string Body, string Lead) PagedAgain(Message m) => (
        $"{Glyph(m.Severity)} Still open, {Age(m)}: #{m.Incident} {Where(m)}",
        $"Nobody has acknowledged. {Sentence(Title(m))} {Next(m)}",
        $"Still open after {Age(m)}, and nobody has acknowledged. This is round {m.Round}; you are paged{Reason(m)}. {Next(m)}");

    private static (string Title, string Body, string Lead) Acknowledged(Message m) => (
        $"◐ #{m.Incident}: {By(m, "somebody")} has it ({PlainText.Clock(m.Now, m.Now, m.TimeZone)})",
        $"{Sentence(Title(m))} Escalation has stopped.",
        $"{By(m, "Somebody")} has it since {PlainText.Clock(m.Now, m.Now, m.TimeZone)}. Escalation has stopped; you need not act.");

    private static (string Title, string Body, string Lead) Resolved(Message m) => (
        $"✓ #{m.Incident} resolved after {Age(m)}{(By(m, "") is { Length: > 0 } by ? $" (by {by})" : "")}",
        $"{Sentence(Title(m))} No more pages for it.",
        $"Resolved after {Age(m)}{(By(m, "") is { Length: > 0 } who ? $" by {who}" : "")}. No more pages for it, unless it comes back.");

    private static (string Title, string Body, string Lead) Reopened(Message m) => (
        $"{Glyph(m.Severity)} #{m.Incident} is back: {Where(m)}",
        $"{Sentence(Title(m))} It was resolved and fires again. {Next(m)}",
        $"This incident was resolved and is back. Escalation starts again. {Next(m)}");

    private static (string Title, string Body, string Lead) AlertsAdded(Message m) => (
        $"{Glyph(m.Severity)} #{m.Incident} has grown to {Count(m.AlertCount)}: {Where(m)}",
        $"{Sentence(Title(m))} Open for {Age(m)}, {m.Status}.",
        $"The incident has grown to {Count(m.AlertCount)}. It is {m.Status} and open for {Age(m)}.");

    private static (string Title, string Body, string Lead) Unanswered(Message m) => (
        $"{Glyph(m.Severity)} #{m.Incident}: {Steps(m)} finished, nobody answered",
        $"You are told as administrator. {Sentence(Title(m))} {Where(m)}, open for {Age(m)}. Nobody else is paged until somebody acts.",
        $"{Capital(Steps(m))} finished and nobody answered. You are told as administrator. Nobody else is paged until somebody acts.");

    private static (string Title, string Body, string Lead) More(Message m) => (
        $"{Glyph(m.Severity)} and {m.MoreCount} more incidents page you",
        "You get too many pages at once, so these are one message. Open the inbox to see them all; their escalation goes on.",
        $"{m.MoreCount} more incidents page you within this minute. They are in the inbox, and their escalation goes on.");

    private static (string Title, string Body, string Lead) Reminder(Message m) => (
        $"{Glyph(m.Severity)} Is #{m.Incident} still yours? {Where(m)}, open for {Age(m)}",
        $"You have acknowledged it, and nothing has happened since. {Sentence(Title(m))} {Again(m)}",
        $"You have acknowledged this incident, and nothing has happened since. {Again(m)}");

    private static (string Title, string Body, string Lead) Asked(Message m) => (
        $"{Glyph(m.Severity)} {By(m, "Somebody")} asks for your help: #{m.Incident} {Where(m)}",
        $"{Sentence(Title(m))} {Noted(m)}Open for {Age(m)}. Say whether you join; it does not become yours.",
        $"{By(m, "Somebody")} asks you to help with this incident. {Noted(m)}Say whether you join; it does not become yours.");

    private static (string Title, string Body, string Lead) Waited(Message m) => m.MoreCount <= 1
        ? ($"{Glyph(m.Severity)} {Word(m.Severity)} #{m.Incident} {Where(m)} waited for you",
            $"{Sentence(Title(m))} Open for {Age(m)}. It waited for the end of your quiet hours. {Next(m)}",
            $"This incident waited for the end of your quiet hours. {Next(m)}")
        : ($"{Glyph(m.Severity)} {m.MoreCount} incidents waited for you, #{m.Incident} {Where(m)} first",
            "They came in your quiet hours and are one message. Open the inbox to see them all.",
            $"{m.MoreCount} incidents waited for the end of your quiet hours. They are in the inbox, and their escalation goes on.");

    private static (string Title, string Body, string Lead) SelfTest(Message m) => (
        $"i Test from Tocsin for {Recipient(m)}: did you notice?",
        $"This tests how you are woken. {Asks(m)}",
        $"This tests how you are woken. {Asks(m)}");

    private static (string Title, string Body, string Lead) Snoozed(Message m)
    {
        var until = m.NextAt is { } at ? $" until {PlainText.Clock(at, m.Now, m.TimeZone)}" : "";
        return (
            $"z #{m.Incident}: {By(m, "somebody")} put it off{until}",
            $"{Sentence(Title(m))} Escalation begins again then.",
            $"{By(m, "Somebody")} put it off{until}. Escalation begins again then; you need not act.");
    }

    private static (string Title, string Body, string Lead) Note(Message m) =>
        // Some channels take no message without a body.
        (Title(m), PlainText.OneLine(m.Because, 600) is { Length: > 0 } because ? because : Sentence(Title(m)), $"{Sentence(Title(m))} {PlainText.OneLine(m.Because, 600)}".TrimEnd());

    private static (string Title, string Body, string Lead) Test(Message m) => (
        $"i Test from Tocsin for {Recipient(m)}",
        "This contact method works. There is nothing to do.",
        "This is a test from Tocsin. This contact method works; there is nothing to do.");

    private static (string Title, string Body, string Lead) DeviceLost(Message m) => (
        $"● Pages no longer reach your device {PlainText.OneLine(m.Title, 60)}",
        $"{Sentence(PlainText.OneLine(m.Description, 200))} Open your devices on it and register it again.",
        $"Pages no longer reach your device {PlainText.OneLine(m.Title, 60)}: register it again, or remove it from your rules.");

    private static IEnumerable<Fact> FactsOf(Message m)
    {
        yield return new("Severity", Word(m.Severity).ToLowerInvariant());
        yield return new("Status", m.Status);
        if (PlainText.OneLine(m.Service, 100) is { Length: > 0 } service)
        {
            yield return new("Service", service);
        }

        if (PlainText.OneLine(m.Environment, 50) is { Length: > 0 } environment)
        {
            yield return new("Environment", environment);
        }

        if (m.StartedAt != default)
        {
            yield return new("Started", $"{PlainText.Clock(m.StartedAt, m.Now, m.TimeZone)}, {Age(m)} ago");
        }

        if (m.AlertCount > 0)
        {
            yield return new("Alerts", $"{m.AlertCount}");
        }

        if (PlainText.OneLine(m.Policy, 100) is { Length: > 0 } policy)
        {
            yield return new("Policy", m.Step > 0 ? $"{policy}, step {m.Step} of {m.Steps}, round {m.Round}" : policy);
        }
    }

    private static bool IsTest(Message m) => m.Kind is MessageKind.Test or MessageKind.SelfTest;

    private static string Again(Message m) => m.NextAt is { } at && at > m.Now
        ? $"Write a note, snooze it or acknowledge it again; else it pages again in {PlainText.Duration(at - m.Now)} ({PlainText.Clock(at, m.Now, m.TimeZone)})."
        : "Write a note, snooze it or acknowledge it again; else it pages again.";

    private static string Asks(Message m) => m.ActionUrl is null && m.AnswerCode is null
        ? "Say that it reached you on your own page in Tocsin."
        : "Say that it reached you: press the button here, or the one on your own page in Tocsin.";

    private static string Noted(Message m) => PlainText.OneLine(m.Note, 300) is { Length: > 0 } note ? $"“{note}” " : "";

    private static string Title(Message m) => PlainText.OneLine(m.Title, 200);

    private static string Recipient(Message m) => Name(m.Recipient);

    private static string Name(string name) => PlainText.OneLine(name, 60);

    private static string By(Message m, string otherwise) => PlainText.OneLine(m.By, 80) is { Length: > 0 } by ? by : otherwise;

    private static string Age(Message m) => PlainText.Duration(m.StartedAt == default ? TimeSpan.Zero : m.Now - m.StartedAt);

    // Service and environment if known; the title says more than nothing.
    private static string Where(Message m) => (PlainText.OneLine(m.Service, 30), PlainText.OneLine(m.Environment, 15)) switch
    {
        ({ Length: > 0 } service, { Length: > 0 } environment) => $"{service} ({environment})",
        ({ Length: > 0 } service, _) => service,
        _ => PlainText.OneLine(m.Title, 60),
    };

    private static string Reason(Message m) => PlainText.OneLine(m.Because, 200) is { Length: > 0 } because ? $" as {because}"
        : m.Step > 0 ? $" (step {m.Step} of {m.Steps})"
        : "";

    private static string Steps(Message m) => m.Steps == 1 ? "the only step" : $"all {m.Steps} steps";

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    private static string Count(int alerts) => alerts == 1 ? "1 alert" : $"{alerts} alerts";

    private static string Sentence(string text) => text.Length == 0 || text[^1] is '.' or '?' or '!' or '…' ? text : $"{text}.";
}
