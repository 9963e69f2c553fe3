using Tocsin.Data;

namespace Tocsin.Tests;

/// <summary>A store between whose answers and whoever asked something happens.</summary>
internal sealed class InterruptedDatabase(Database whole) : Database
{
    /// <summary>After each read, before its answer is known.</summary>
    public Func<Task>? AfterRead { get; set; }

    /// <summary>After each commit, before it is known.</summary>
    public Func<Task>? AfterWrite { get; set; }

    public override Dialect Dialect => whole.Dialect;

    public override string Description => whole.Description;

    public override async Task<T> WriteAsync<T>(Func<Tx, Task<T>> work, CancellationToken ct)
    {
        var result = await whole.WriteAsync(work, ct);
        await (AfterWrite?.Invoke() ?? Task.CompletedTask);
        return result;
    }

    public override async Task<T> ReadAsync<T>(Func<Session, Task<T>> work, CancellationToken ct)
    {
        var result = await whole.ReadAsync(work, ct);
        await (AfterRead?.Invoke() ?? Task.CompletedTask);
        return result;
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
