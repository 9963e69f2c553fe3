using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Tocsin.Demo.Fakes;
using Tocsin.Outgoing;
using Tocsin.Providers;
using Tocsin.Telemetry;
using Tocsin.Tests.Outgoing;

namespace Tocsin.Tests.Telemetry;

/// <summary>A fake model, the real way to it, and a budget in a store. Whoever waits here is taken to the end of the wait at once.</summary>
internal sealed class ModelBench : IAsyncDisposable
{
    private readonly List<IDisposable> _models = [];

    private ModelBench(EngineBench engine, FakeModel fake) => (Engine, Fake) = (engine, fake);

    public EngineBench Engine { get; }

    public FakeModel Fake { get; }

    public LeapingClock Clock { get; } = new(VirtualClock.Start);

    /// <summary>Of tokens.</summary>
    public ManualClock TokenClock { get; } = new(VirtualClock.Start);

    public static ReviewFacts Facts { get; } = new()
    {
        Service = "checkout",
        From = VirtualClock.Start.AddMinutes(-5),
        To = VirtualClock.Start,
        Levels = [new(LineLevel.Error, 12, 0.25)],
        Lines = [new(VirtualClock.Start, LineLevel.Error, "connection refused")],
    };

    public static async Task<ModelBench> OpenAsync(Engine engine) => new(await EngineBench.OpenAsync(engine), await FakeModel.StartAsync(TimeProvider.System));

    public AiOptions Settings(AiProvider provider, Action<AiOptions>? change = null)
    {
        var settings = new AiOptions
        {
            Provider = provider,
            BaseUrl = provider switch { AiProvider.OpenAi => Fake.OpenAi, AiProvider.Anthropic => Fake.Anthropic, _ => Fake.Agent },
            ApiKey = FakeModel.Key,
            Model = FakeModel.Name,
            TokenUrl = Fake.TokenUrl,
            Timeout = TimeSpan.FromSeconds(20),
        };
        change?.Invoke(settings);
        return settings;
    }

    /// <summary>A node's way to the model.</summary>
    public ModelDesk Desk(AiProvider provider = AiProvider.OpenAi, Action<AiOptions>? change = null)
    {
        var options = Options.Create(Settings(provider, change));
        var outgoing = Options.Create(new OutgoingOptions());
        var http = new ModelHttp(options, new(outgoing, TimeProvider.System), outgoing, Clock);
        _models.Add(http);
        IModel model = provider switch
        {
            AiProvider.OpenAi => new OpenAiModel(http),
            AiProvider.Anthropic => new AnthropicModel(http),
            _ => new WatsonxModel(http, TokenClock),
        };
        return new(model, Budget(options.Value), options, Clock, NullLogger<ModelDesk>.Instance);
    }

    public ModelBudget Budget(AiOptions options) => new(Engine.Database, Options.Create(options), Clock);

    public async Task<ModelSpending> SpentAsync() => await Engine.ReadAsync(session => Budget(Settings(AiProvider.OpenAi)).ReadAsync(session, 1));

    public async ValueTask DisposeAsync()
    {
        _models.ForEach(m => m.Dispose());
        await Fake.DisposeAsync();
        await Engine.DisposeAsync();
    }
}

/// <summary>A clock on which whoever waits is at the end of the wait at once.</summary>
internal sealed class LeapingClock(DateTimeOffset start) : TimeProvider
{
    private readonly Lock _gate = new();
    private DateTimeOffset _now = start;

    /// <summary>How long was waited in all.</summary>
    public TimeSpan Waited { get; private set; }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _now;
        }
    }

    public void Advance(TimeSpan by)
    {
        lock (_gate)
        {
            _now += by;
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime == Timeout.InfiniteTimeSpan)
        {
            return base.CreateTimer(callback, state, dueTime, period);
        }

        Advance(dueTime);
        Waited += dueTime;
        return base.CreateTimer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
