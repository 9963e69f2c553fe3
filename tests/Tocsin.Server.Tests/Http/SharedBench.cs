namespace Tocsin.Tests.Http;

/// <summary>One server for all tests of a class, for those that leave no trace.</summary>
public class SharedBench : IAsyncLifetime
{
    internal HttpBench Bench { get; private set; } = null!;

    public virtual async Task InitializeAsync() => Bench = await HttpBench.StartAsync();

    public async Task DisposeAsync() => await Bench.DisposeAsync();
}
