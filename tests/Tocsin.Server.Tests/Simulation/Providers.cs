using Tocsin.Notify;
using Tocsin.Providers;

namespace Tocsin.Tests.Simulation;

/// <summary>How a provider behaves for a while.</summary>
internal enum ProviderMood
{
    Well,

    /// <summary>Answers 503.</summary>
    Broken,

    /// <summary>Answers 429 with a time to wait.</summary>
    Busy,

    /// <summary>Takes nothing and does not answer.</summary>
    Hanging,

    /// <summary>Takes it and does not answer.</summary>
    Mute,

    /// <summary>Answers 410.</summary>
    Refusing,
}

/// <summary>One request as it reached a provider.</summary>
internal sealed record Request(int Number, Actor Node, Message Message, string Method, DateTimeOffset At, ProviderMood Mood)
{
    /// <summary>Whether the recipient has it now.</summary>
    public bool Accepted => Mood is ProviderMood.Well or ProviderMood.Mute;

    /// <summary>What the node heard; null while it waits, and forever if it was killed.</summary>
    public SendOutcome? Heard { get; set; }

    public DateTimeOffset? HeardAt { get; set; }

    public string Target => $"{Message.Recipient}/{Method}";
}

/// <summary>The world's side of all providers: their moods, and every request that reached them.</summary>
internal sealed class Providers(World world)
{
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, ProviderMood> _moods = [];

    public List<Request> Requests { get; } = [];

    /// <summary>Called when a request arrives.</summary>
    public Action<Request>? Arrived { get; set; }

    /// <summary>Called when a recipient has got a message.</summary>
    public Action<Request>? Received { get; set; }

    public void Set(string target, ProviderMood mood)
    {
        world.Say("world", $"{target} is {mood}");
        _moods[target] = mood;
    }

    public Request Arrive(Actor node, Message message, string method)
    {
        var request = new Request(Requests.Count + 1, node, message, method, world.Now, _moods.GetValueOrDefault($"{message.Recipient}/{method}"));
        Requests.Add(request);
        world.Say(node.Name, $"sends {message.Kind} of incident {message.Incident} to {request.Target}, step {message.Step} round {message.Round}, key {message.Key[..6]}: {request.Mood}");
        Arrived?.Invoke(request);
        if (request.Accepted)
        {
            world.Schedule(world.Between(0.01, 0.5), world.Outside, _ => Received?.Invoke(request));
        }

        return request;
    }
}

/// <summary>The provider <c>fake</c> as a node reaches it.</summary>
internal sealed class SimulatedProvider(Providers providers, Actor node) : INotifier
{
    public ProviderInfo Info { get; } = new("fake", "Fake", new("https://fake.invalid"), []);

    public IReadOnlyList<Error> Check(ContactMethod method) => [];

    public async Task<SendOutcome> SendAsync(Message message, ContactMethod method, CancellationToken ct)
    {
        var request = providers.Arrive(node, message, method.Name);
        var (wait, outcome) = Answer(request.Mood);
        await node.WaitAsync(wait).WaitAsync(ct);
        (request.Heard, request.HeardAt) = (outcome, node.World.Now);
        return outcome;
    }

    private (TimeSpan Wait, SendOutcome Outcome) Answer(ProviderMood mood) => mood switch
    {
        ProviderMood.Well => (node.World.Between(0.005, 0.8), new SendOutcome.Accepted("202")),
        ProviderMood.Broken => (node.World.Between(0.005, 0.8), new SendOutcome.TryAgain("503 Service Unavailable")),
        ProviderMood.Busy => (node.World.Between(0.005, 0.8), new SendOutcome.TryAgain("429 Too Many Requests", node.World.Between(1, 120))),
        ProviderMood.Refusing => (node.World.Between(0.005, 0.8), new SendOutcome.Refused("410 Gone")),
        _ => (Providers.Timeout, new SendOutcome.TryAgain("no answer within 10 s")),
    };
}
