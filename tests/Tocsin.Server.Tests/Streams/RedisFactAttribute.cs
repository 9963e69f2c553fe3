namespace Tocsin.Tests.Streams;

/// <summary>A fact that needs a real redis-server, and PostgreSQL for several nodes. Without them it is skipped with the reason, except where CI=true: there it fails.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RedisFactAttribute : FactAttribute
{
    public RedisFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("CI") != "true")
        {
            Skip = RedisServer.Missing ?? Engine.MissingPostgres;
        }
    }
}

/// <summary>A fact of several nodes on PostgreSQL.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PostgresFactAttribute : FactAttribute
{
    public PostgresFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("CI") != "true")
        {
            Skip = Engine.MissingPostgres;
        }
    }
}
