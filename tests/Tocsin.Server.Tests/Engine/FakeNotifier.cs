using Tocsin.Notify;
using Tocsin.Providers;

namespace Tocsin.Tests;

/// <summary>What a fake provider was asked to send, and what it answered.</summary>
internal sealed record Attempt(DateTimeOffset At, Message Message, string Method, SendOutcome Answer)
{
    public string Key => Message.Key;

    /// <summary>Such as <c>05:00 ana push page</c>: minutes and seconds since the start of the virtual clock, recipient, method, kind.</summary>
    public override string ToString()
    {
        var since = At - VirtualClock.Start;
        return $"{(int)since.TotalMinutes:00}:{since.Seconds:00} {Message.Recipient} {Method} {Message.Kind.ToString().ToLowerInvariant()}";
    }
}

/// <summary>A change of a message that was asked for.</summary>
internal sealed record Edit(DateTimeOffset At, Message Message, string Handle);

/// <summary>The provider <c>fake</c>: accepts everything unless told otherwise, and remembers every attempt.</summary>
internal sealed class FakeNotifier(TimeProvider clock) : INotifier
{
    private readonly Dictionary<string, Queue<SendOutcome>> _answers = [];
    private readonly Dictionary<string, SendOutcome> _always = [];

    public static SendOutcome Accepted { get; } = new SendOutcome.Accepted("202");

    public static SendOutcome Busy { get; } = new SendOutcome.TryAgain("503 Service Unavailable");

    public static SendOutcome Gone { get; } = new SendOutcome.Refused("410 Gone");

    public ProviderInfo Info { get; } = new("fake", "Fake", new("https://fake.invalid"), []) { Rings = true };

    public List<Attempt> Attempts { get; } = [];

    /// <summary>All attempts as lines; see <see cref="Attempt.ToString"/>.</summary>
    public string[] Story => [.. Attempts.Select(a => a.ToString())];

    /// <summary>Whether its messages can be changed: the first is called m1, and so on.</summary>
    public bool CanEdit { get; set; }

    /// <summary>Whether its messages have a thread, called after the message.</summary>
    public bool Threads { get; set; }

    public List<Edit> Edits { get; } = [];

    /// <summary>What it answers to every change; null: as to messages.</summary>
    public SendOutcome? EditsAlways { get; set; }

    /// <summary>Called before each answer, so that a test can do something while a send is under way.</summary>
    public Func<Message, Task>? Meanwhile { get; set; }

    public static SendOutcome BusyFor(TimeSpan retryAfter) => new SendOutcome.TryAgain("429 Too Many Requests", retryAfter);

    /// <summary>The next answers of a method, <c>ana/push</c>; after them it accepts again.</summary>
    public void Answer(string method, params SendOutcome[] answers) => _answers[method] = new(answers);

    /// <summary>What a method answers from now on.</summary>
    public void Always(string method, SendOutcome answer) => _always[method] = answer;

    public IReadOnlyList<Error> Check(ContactMethod method) => [];

    public async Task<SendOutcome> SendAsync(Message message, ContactMethod method, CancellationToken ct)
    {
        var name = $"{message.Recipient}/{method.Name}";
        var answer = _answers.TryGetValue(name, out var next) && next.TryDequeue(out var first) ? first : _always.GetValueOrDefault(name, Accepted);
        Attempts.Add(new(clock.GetUtcNow(), message, method.Name, answer));
        if (Meanwhile is not null)
        {
            await Meanwhile(message);
        }

        return CanEdit && answer is SendOutcome.Accepted taken
            ? taken with { Handle = $"m{Attempts.Count}", Thread = Threads ? $"thread of m{Attempts.Count}" : null }
            : answer;
    }

    public async Task<SendOutcome> EditAsync(Message message, string handle, ContactMethod method, CancellationToken ct)
    {
        Edits.Add(new(clock.GetUtcNow(), message, handle));
        var answer = EditsAlways
            ?? (_answers.TryGetValue($"{message.Recipient}/{method.Name}", out var next) && next.TryDequeue(out var first) ? first : Accepted);
        if (Meanwhile is not null)
        {
            await Meanwhile(message);
        }

        return answer;
    }
}
