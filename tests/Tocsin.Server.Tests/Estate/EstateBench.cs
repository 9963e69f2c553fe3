using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Tocsin.Estate;
using Tocsin.Outgoing;
using Tocsin.Providers;

namespace Tocsin.Tests.Estate;

/// <summary>Compiles texts with the notifiers of the product and a fixed clock.</summary>
internal static class EstateBench
{
    public static readonly DateTimeOffset Now = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    public static TimeProvider Clock { get; } = new FixedClock();

    public static EstateProviders Providers { get; } = new(new(Ports<INotifier>()), new(Ports<IAlertSource>()));

    public static EstateSecrets Secrets { get; } = new(Providers);

    /// <summary>A text with the head that every document needs; line 3 is the first of <paramref name="body"/>.</summary>
    public static string Document(string body, string workspace = "acme") => $"apiVersion: tocsin/v1\nworkspace: {workspace}\n{body}";

    public static EstateReport Check(string body, params (string Name, string Value)[] variables) =>
        new EstateCheck(Providers, Clock).Run(EstateFiles.Parse(Document(body), "estate.yaml"), Resolver(variables));

    /// <summary>The model of a text that must have no fault.</summary>
    public static EstateModel Model(string body, params (string Name, string Value)[] variables)
    {
        var text = EstateFiles.Parse(Document(body), "estate.yaml");
        var compiled = new EstateCompiler(Providers, _ => Resolver(variables)).Compile("acme", text.Objects, Now);
        Assert.Empty(text.Faults);
        Assert.Empty(compiled.Faults);
        return compiled.Model!;
    }

    /// <summary>The rendered faults of a text, in order.</summary>
    public static string[] Faults(string body, params (string Name, string Value)[] variables) =>
        [.. Check(body, variables).Faults.Select(f => f.ToString())];

    public static string[] Warnings(string body)
    {
        var report = Check(body);
        Assert.Empty(report.Faults);
        return [.. report.Warnings.Select(f => f.ToString())];
    }

    public static IReadOnlyList<EstateObject> Objects(string body)
    {
        var text = EstateFiles.Parse(Document(body), "estate.yaml");
        Assert.Empty(text.Faults);
        return text.Objects;
    }

    public static EstateResolver Resolver(params (string Name, string Value)[] variables) =>
        EstateResolver.From(variables.ToDictionary(v => v.Name, v => v.Value));

    /// <summary>Every provider of the product.</summary>
    private static IEnumerable<T> Ports<T>()
    {
        var services = new ServiceCollection()
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().Build())
            .AddOutgoing()
            .BuildServiceProvider();
        return [.. typeof(T).Assembly.GetTypes()
            .Where(t => t is { IsAbstract: false } && t.IsAssignableTo(typeof(T)))
            .Select(t => (T)ActivatorUtilities.CreateInstance(services, t))];
    }

    private sealed class FixedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Now;
    }
}
