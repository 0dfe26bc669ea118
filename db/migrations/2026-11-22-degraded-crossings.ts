import { Migration } from '@mikro-orm/migrations';

export class DegradedCrossings extends Migration {
  override up(): void {
    // Null: seen with as many frames as counting needs.
    this.addSql('alter table counting_results add column degraded boolean');
  }
}
